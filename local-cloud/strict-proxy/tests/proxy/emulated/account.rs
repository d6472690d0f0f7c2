//! Opt-in Regions of an account.

use local_cloud::strict::Delays;
use serde_json::{Value, json};

use super::{Caller, ONE, TWO, cloud, naming_accounts};
use crate::cloud::code;

async fn status(caller: &Caller<'_>, account: &str, region: &str) -> Value {
    let parameters = json!({"AccountId": account, "RegionName": region});
    caller.rest("account", "POST", "/getRegionOptStatus", parameters).await.1["RegionOptStatus"].take()
}

async fn enable(caller: &Caller<'_>, account: &str, region: &str) -> (u16, Value) {
    let parameters = json!({"AccountId": account, "RegionName": region});
    caller.rest("account", "POST", "/enableRegion", parameters).await
}

async fn disable(caller: &Caller<'_>, region: &str) -> (u16, Value) {
    caller.rest("account", "POST", "/disableRegion", json!({"RegionName": region})).await
}

#[tokio::test]
async fn region_is_usable_after_it_is_enabled() {
    let cloud = cloud().await;
    cloud.strict.set_delays(&Delays { region_millis: 30_000, ..Delays::default() }).await.unwrap();
    let (management, one) = (Caller::in_management_account(&cloud), Caller::in_account(&cloud, ONE).await);
    let milan = one.in_region("eu-south-1");
    let describe_vpcs = async || milan.query("ec2", "Action=DescribeVpcs").await.0;
    assert_eq!(status(&management, ONE, "eu-south-1").await, "DISABLED");
    assert_eq!(
        (status(&management, ONE, "eu-west-1").await, describe_vpcs().await),
        (json!("ENABLED_BY_DEFAULT"), 401)
    );

    assert_eq!(enable(&management, ONE, "eu-south-1").await, (200, json!({})));
    assert_eq!(status(&management, ONE, "eu-south-1").await, "ENABLING");
    cloud.advance(30_000);
    assert_eq!((status(&management, ONE, "eu-south-1").await, describe_vpcs().await), (json!("ENABLED"), 200));
    assert_eq!(status(&management, TWO, "eu-south-1").await, "DISABLED");

    assert_eq!(disable(&one, "eu-south-1").await.0, 200);
    assert_eq!(status(&management, ONE, "eu-south-1").await, "DISABLING");
    cloud.advance(30_000);
    assert_eq!(status(&management, ONE, "eu-south-1").await, "DISABLED");
}

#[tokio::test]
async fn changing_region_rejects_other_changes() {
    let cloud = cloud().await;
    cloud.strict.set_delays(&Delays { region_millis: 30_000, ..Delays::default() }).await.unwrap();
    let (management, one) = (Caller::in_management_account(&cloud), Caller::in_account(&cloud, ONE).await);
    let enable = async || enable(&management, ONE, "eu-south-1").await;
    let disable = async || disable(&one, "eu-south-1").await;
    let message = "Unable to switch region status because of its current opt-in status.";
    let assert_unswitchable = |response: (u16, Value)| {
        assert_eq!((response.0, code(&response)), (400, "ValidationException"));
        assert!(response.1.to_string().contains(message), "{}", response.1);
    };
    let assert_conflict =
        |response: (u16, Value)| assert_eq!((response.0, code(&response)), (409, "ConflictException"));

    assert_unswitchable(disable().await);
    assert_eq!(enable().await.0, 200);
    assert_unswitchable(enable().await);
    assert_conflict(disable().await);
    cloud.advance(30_000);
    assert_unswitchable(enable().await);
    assert_eq!(disable().await.0, 200);
    assert_unswitchable(disable().await);
    assert_conflict(enable().await);
}

#[tokio::test]
async fn six_regions_can_change_at_a_time() {
    let cloud = cloud().await;
    let management = Caller::in_management_account(&cloud);
    for region in ["af-south-1", "ap-east-1", "ap-south-2", "eu-south-1", "eu-south-2", "me-south-1"] {
        assert_eq!(enable(&management, ONE, region).await.0, 200);
    }
    let rejected = enable(&management, ONE, "il-central-1").await;
    assert_eq!((rejected.0, code(&rejected)), (429, "TooManyRequestsException"));
    assert_eq!(enable(&management, TWO, "il-central-1").await.0, 200);
    cloud.advance(1_000);
    assert_eq!(enable(&management, ONE, "il-central-1").await.0, 200);
}

#[tokio::test]
async fn regions_are_listed_by_status_in_pages() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let list = async |parameters: Value| one.rest("account", "POST", "/listRegions", parameters).await.1;
    assert_eq!(list(json!({})).await["Regions"].as_array().unwrap().len(), 34);
    let by_default = json!({"RegionOptStatusContains": ["ENABLED_BY_DEFAULT"], "MaxResults": 16});
    let page = list(by_default).await;
    assert_eq!((page["Regions"].as_array().unwrap().len(), &page["NextToken"]), (16, &json!("16")));
    let rest = json!({"RegionOptStatusContains": ["ENABLED_BY_DEFAULT"], "MaxResults": 16, "NextToken": "16"});
    let end = json!([{"RegionName": "us-west-2", "RegionOptStatus": "ENABLED_BY_DEFAULT"}]);
    assert_eq!(list(rest).await["Regions"], end);
}

#[tokio::test]
async fn only_management_account_names_other_accounts() {
    let cloud = cloud().await;
    let (management, one) = (Caller::in_management_account(&cloud), Caller::in_account(&cloud, ONE).await);
    for (caller, account, expected) in naming_accounts(&management, &one) {
        assert_eq!(code(&enable(caller, account, "eu-south-1").await), expected, "{account}");
    }
    for region in ["moon-1", "eu-west-1"] {
        assert_eq!(code(&enable(&management, ONE, region).await), "ValidationException", "{region}");
    }
    let by_default = json!({"AccountId": ONE, "RegionName": "eu-west-1"});
    let rejected = management.rest("account", "POST", "/disableRegion", by_default).await;
    assert_eq!(code(&rejected), "ValidationException");
}
