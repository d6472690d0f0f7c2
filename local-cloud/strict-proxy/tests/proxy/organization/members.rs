//! What member accounts can do in the organization.

use serde_json::json;

use crate::cloud::code;
use crate::emulated::{Caller, ONE, cloud};

#[tokio::test]
async fn members_describe_only_the_organization() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let call = async |operation: &str| one.json("organizations", operation, json!({})).await;
    let (_, described) = call("DescribeOrganization").await;
    assert_eq!(described["Organization"]["Id"], "o-a");
    for operation in ["DeleteOrganization"] {
        assert_eq!(code(&call(operation).await), "AccessDeniedException", "{operation}");
    }
}
