//! The organization itself: its OUs, policies, trusted services, and delegated administrators.

mod existence;
mod members;

use serde_json::json;

use crate::cloud::LocalCloud;

const ROOT: &str = "r-root";

/// Creates an OU and returns its ID.
async fn create_unit(cloud: &LocalCloud, parent: &str, name: &str) -> String {
    let (status, created) =
        cloud.organizations("CreateOrganizationalUnit", json!({"ParentId": parent, "Name": name})).await;
    assert_eq!(status, 200, "{created}");
    created["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned()
}
