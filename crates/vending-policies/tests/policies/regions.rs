//! The global services that approved-regions leaves alone. `global_services.json` is AWS's list, with ours.

use std::collections::BTreeMap;

use iam_evaluation::{ActionRequest, Keys};
use serde::Deserialize;
use serde_json::json;
use vending_core::GLOBAL_REGION;
use vending_policies::{Chain, Named, Outcome, Principal};

use crate::organization::Organization;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GlobalServices {
    page: String,
    read_on: String,
    actions: Vec<String>,
    /// With the reasons.
    added: BTreeMap<String, String>,
}

fn global_services() -> GlobalServices {
    serde_json::from_str(include_str!("global_services.json")).unwrap()
}

#[test]
fn list_is_that_of_aws_with_our_additions() {
    let GlobalServices { page, read_on, actions, added } = global_services();
    assert!(page.starts_with("https://docs.aws.amazon.com/controltower/") && read_on.starts_with("2026-"));
    assert_eq!((actions.len(), added.len()), (86, 7));
    let mut expected: Vec<&String> = actions.iter().chain(added.keys()).collect();
    expected.sort();
    expected.dedup();
    assert_eq!(expected.len(), 93);
    let organization = Organization::read();
    let statement = &organization.contents["approved-regions"].value()["Statement"][0];
    let exempt = statement["NotAction"].as_array().unwrap();
    assert_eq!(exempt.iter().map(|action| action.as_str().unwrap()).collect::<Vec<_>>(), expected);
}

fn outcome(chain: &Chain, who: Named, action: &str, region: &str) -> Outcome {
    let arn = match who {
        Named::AccountVending => "arn:aws:iam::111122223333:role/account-vending/AccountVending",
        _ => "arn:aws:iam::111122223333:role/Application",
    };
    let keys: Keys = [("aws:PrincipalArn", json!(arn)), ("aws:RequestedRegion", json!(region))]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    chain.decide(&Principal::Named(who), ActionRequest { action, resource: None, keys: &keys }).unwrap()
}

/// Where us-east-1 is not approved, requests to global services still pass.
#[test]
fn each_global_service_passes_in_every_region() {
    let organization = Organization::read();
    let chain = Chain::alone(organization.contents["approved-regions"].clone());
    let GlobalServices { actions, added, .. } = global_services();
    for action in actions.iter().chain(added.keys()) {
        let action = action.replace('*', "Example");
        assert_eq!(outcome(&chain, Named::Role, &action, "ap-south-1"), Outcome::Allowed, "{action}");
    }
    for action in ["ec2:RunInstances", "lambda:CreateFunction", "s3:CreateBucket", "iamx:ListRoles"] {
        assert_ne!(outcome(&chain, Named::Role, action, "ap-south-1"), Outcome::Allowed, "{action}");
        assert_eq!(outcome(&chain, Named::Role, action, "eu-central-1"), Outcome::Allowed, "{action}");
        assert_eq!(outcome(&chain, Named::AccountVending, action, "ap-south-1"), Outcome::Allowed, "{action}");
    }
}

#[test]
fn global_region_is_governed_in_the_example() {
    assert!(Organization::read().values.governed_regions.contains(&GLOBAL_REGION.to_owned()));
}
