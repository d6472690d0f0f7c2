//! The organization itself: its OUs, policies, trusted services, and delegated administrators.

mod existence;
mod members;
mod trusted_access;
mod units;

use serde_json::{Value, json};

use crate::cloud::LocalCloud;

const ROOT: &str = "r-root";

async fn trust(cloud: &LocalCloud, service: &str) -> (u16, Value) {
    cloud.organizations("EnableAWSServiceAccess", json!({"ServicePrincipal": service})).await
}

/// Creates an OU and returns its ID.
async fn create_unit(cloud: &LocalCloud, parent: &str, name: &str) -> String {
    let (status, created) =
        cloud.organizations("CreateOrganizationalUnit", json!({"ParentId": parent, "Name": name})).await;
    assert_eq!(status, 200, "{created}");
    created["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned()
}

/// Returns a field of each item.
fn each<'a>(items: &'a Value, field: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}
