//! What member accounts can do in the organization.

use serde_json::json;
use strict_proxy::Config;

use super::{ROOT, S3, SCP, create_policy};
use crate::cloud::{LocalCloud, code};
use crate::emulated::{Caller, ONE, cloud};

#[tokio::test]
async fn members_describe_only_the_organization() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let call = async |operation: &str| one.json("organizations", operation, json!({"Filter": SCP})).await;
    let (_, described) = call("DescribeOrganization").await;
    assert_eq!(described["Organization"]["Id"], "o-a");
    for operation in ["CreatePolicy", "EnablePolicyType", "DeleteOrganization"] {
        assert_eq!(code(&call(operation).await), "AccessDeniedException", "{operation}");
    }
}

#[tokio::test]
async fn emulate_only_proxy_has_what_moto_lacks() {
    let cloud = LocalCloud::start_with(|config| Config { emulate_only: true, ..config }).await;
    super::enabled(&cloud, S3).await;
    let id = create_policy(&cloud, S3, "block").await;
    assert_eq!(super::attach(&cloud, &id, ROOT).await.0, 200);
}
