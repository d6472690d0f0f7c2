//! Regions that an account opts in to.

use serde_json::{Value, json};
use strict::Settling;

use super::{Caller, ONE, TWO, cloud};
use crate::cloud::{MANAGEMENT, code};

async fn status(caller: &Caller<'_>, account: &str, region: &str) -> Value {
    let asked = json!({"AccountId": account, "RegionName": region});
    caller.rest("account", "POST", "/getRegionOptStatus", asked).await.1["RegionOptStatus"].take()
}

async fn enable(caller: &Caller<'_>, account: &str, region: &str) -> (u16, Value) {
    let asked = json!({"AccountId": account, "RegionName": region});
    caller.rest("account", "POST", "/enableRegion", asked).await
}

async fn disable(caller: &Caller<'_>, region: &str) -> (u16, Value) {
    caller.rest("account", "POST", "/disableRegion", json!({"RegionName": region})).await
}

#[tokio::test]
async fn a_region_takes_time_to_be_enabled_and_knows_nobody_before() {
    let cloud = cloud().await;
    cloud.strict.set_settling(&Settling { region_millis: 30_000, ..Settling::default() }).await.unwrap();
    let (management, one) = (Caller::of_management(&cloud), Caller::of(&cloud, ONE).await);
    let milan = one.in_region("eu-south-1");
    let look = async || milan.query("ec2", "Action=DescribeVpcs").await.0;
    assert_eq!(status(&management, ONE, "eu-south-1").await, "DISABLED");
    assert_eq!((status(&management, ONE, "eu-west-1").await, look().await), (json!("ENABLED_BY_DEFAULT"), 401));

    assert_eq!(enable(&management, ONE, "eu-south-1").await, (200, json!({})));
    assert_eq!(status(&management, ONE, "eu-south-1").await, "ENABLING");
    cloud.pass(30_000);
    assert_eq!((status(&management, ONE, "eu-south-1").await, look().await), (json!("ENABLED"), 200));
    assert_eq!(status(&management, TWO, "eu-south-1").await, "DISABLED");

    assert_eq!(disable(&one, "eu-south-1").await.0, 200);
    assert_eq!(status(&management, ONE, "eu-south-1").await, "DISABLING");
    cloud.pass(30_000);
    assert_eq!(status(&management, ONE, "eu-south-1").await, "DISABLED");
}

#[tokio::test]
async fn a_region_is_switched_once_and_not_while_it_is_switched_back() {
    let cloud = cloud().await;
    cloud.strict.set_settling(&Settling { region_millis: 30_000, ..Settling::default() }).await.unwrap();
    let (management, one) = (Caller::of_management(&cloud), Caller::of(&cloud, ONE).await);
    let enable = async || enable(&management, ONE, "eu-south-1").await;
    let disable = async || disable(&one, "eu-south-1").await;
    let message = "Unable to switch region status because of its current opt-in status.";
    let is_so_already = |answer: (u16, Value)| {
        assert_eq!((answer.0, code(&answer)), (400, "ValidationException"));
        assert!(answer.1.to_string().contains(message), "{}", answer.1);
    };
    let is_busy = |answer: (u16, Value)| assert_eq!((answer.0, code(&answer)), (409, "ConflictException"));

    is_so_already(disable().await);
    assert_eq!(enable().await.0, 200);
    is_so_already(enable().await);
    is_busy(disable().await);
    cloud.pass(30_000);
    is_so_already(enable().await);
    assert_eq!(disable().await.0, 200);
    is_so_already(disable().await);
    is_busy(enable().await);
}

#[tokio::test]
async fn six_regions_may_be_in_progress() {
    let cloud = cloud().await;
    let management = Caller::of_management(&cloud);
    for region in ["af-south-1", "ap-east-1", "ap-south-2", "eu-south-1", "eu-south-2", "me-south-1"] {
        assert_eq!(enable(&management, ONE, region).await.0, 200);
    }
    let refused = enable(&management, ONE, "il-central-1").await;
    assert_eq!((refused.0, code(&refused)), (429, "TooManyRequestsException"));
    assert_eq!(enable(&management, TWO, "il-central-1").await.0, 200);
    cloud.pass(1_000);
    assert_eq!(enable(&management, ONE, "il-central-1").await.0, 200);
}

#[tokio::test]
async fn regions_are_listed_by_their_status_and_in_pages() {
    let cloud = cloud().await;
    let one = Caller::of(&cloud, ONE).await;
    let list = async |asked: Value| one.rest("account", "POST", "/listRegions", asked).await.1;
    assert_eq!(list(json!({})).await["Regions"].as_array().unwrap().len(), 34);
    let by_default = json!({"RegionOptStatusContains": ["ENABLED_BY_DEFAULT"], "MaxResults": 16});
    let page = list(by_default).await;
    assert_eq!((page["Regions"].as_array().unwrap().len(), &page["NextToken"]), (16, &json!("16")));
    let rest = json!({"RegionOptStatusContains": ["ENABLED_BY_DEFAULT"], "MaxResults": 16, "NextToken": "16"});
    let end = json!([{"RegionName": "us-west-2", "RegionOptStatus": "ENABLED_BY_DEFAULT"}]);
    assert_eq!(list(rest).await["Regions"], end);
}

#[tokio::test]
async fn only_the_management_account_names_accounts_and_only_others() {
    let cloud = cloud().await;
    let (management, one) = (Caller::of_management(&cloud), Caller::of(&cloud, ONE).await);
    for (caller, account, expected) in [
        (&management, MANAGEMENT, "ValidationException"),
        (&management, "999999999999", "AccessDeniedException"),
        (&one, TWO, "AccessDeniedException"),
        (&management, TWO, "none"),
    ] {
        assert_eq!(code(&enable(caller, account, "eu-south-1").await), expected, "{account}");
    }
    for region in ["moon-1", "eu-west-1"] {
        assert_eq!(code(&enable(&management, ONE, region).await), "ValidationException", "{region}");
    }
    let by_default = json!({"AccountId": ONE, "RegionName": "eu-west-1"});
    let refused = management.rest("account", "POST", "/disableRegion", by_default).await;
    assert_eq!(code(&refused), "ValidationException");
}
