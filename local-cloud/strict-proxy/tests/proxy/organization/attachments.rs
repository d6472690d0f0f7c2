//! Attaching and detaching policies.

use serde_json::json;

use super::{RCP, ROOT, S3, SCP, attach, create_policy, create_unit, detach, each, enabled};
use crate::cloud::{LocalCloud, code, reason};
use crate::emulated::{ONE, cloud};

async fn attached(cloud: &LocalCloud, target: &str, kind: &str) -> Vec<String> {
    let (_, listed) = cloud.organizations("ListPoliciesForTarget", json!({"TargetId": target, "Filter": kind})).await;
    each(&listed["Policies"], "Name").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn policy_is_attached_to_root_unit_and_account() {
    let cloud = cloud().await;
    enabled(&cloud, S3).await;
    let unit = create_unit(&cloud, ROOT, "Sandbox").await;
    let id = create_policy(&cloud, S3, "block").await;
    for target in [ROOT, &unit, ONE] {
        assert_eq!(attach(&cloud, &id, target).await, (200, json!({})));
        assert_eq!(attached(&cloud, target, S3).await, ["block"]);
        assert_eq!(code(&attach(&cloud, &id, target).await), "DuplicatePolicyAttachmentException");
    }
    let (_, listed) = cloud.organizations("ListTargetsForPolicy", json!({"PolicyId": id, "MaxResults": 2})).await;
    assert_eq!(listed["NextToken"], "2");
    let expected = json!([
        {"TargetId": ROOT, "Arn": "arn:root", "Name": "Root", "Type": "ROOT"},
        {"TargetId": unit, "Arn": format!("arn:{unit}"), "Name": "Sandbox", "Type": "ORGANIZATIONAL_UNIT"},
    ]);
    assert_eq!(listed["Targets"], expected);
    for target in [ROOT, &unit, ONE] {
        assert_eq!(detach(&cloud, &id, target).await, (200, json!({})));
        assert_eq!(code(&detach(&cloud, &id, target).await), "PolicyNotAttachedException");
    }
    assert_eq!(cloud.organizations("DeletePolicy", json!({"PolicyId": id})).await.0, 200);
}

#[tokio::test]
async fn type_must_be_enabled_before_attaching() {
    let cloud = LocalCloud::start().await;
    for kind in [RCP, S3] {
        let id = create_policy(&cloud, kind, "one").await;
        assert_eq!(code(&attach(&cloud, &id, ROOT).await), "PolicyTypeNotEnabledException", "{kind}");
        super::enable(&cloud, kind).await;
        assert_eq!(code(&attach(&cloud, &id, ROOT).await), "PolicyTypeNotEnabledException", "{kind} is pending");
        cloud.advance(1_000);
        assert_eq!(attach(&cloud, &id, ROOT).await.0, 200, "{kind}");
    }
}

#[tokio::test]
async fn attachments_are_limited_by_type() {
    let cloud = LocalCloud::start().await;
    // The AWS managed policies count.
    for (kind, more) in [(SCP, 9), (RCP, 4), (S3, 10), ("AISERVICES_OPT_OUT_POLICY", 5)] {
        if kind != SCP {
            enabled(&cloud, kind).await;
        }
        for number in 0..more {
            let id = create_policy(&cloud, kind, &number.to_string()).await;
            assert_eq!(attach(&cloud, &id, ROOT).await.0, 200, "{kind} {number}");
        }
        let id = create_policy(&cloud, kind, "too many").await;
        let rejected = attach(&cloud, &id, ROOT).await;
        let expected = ("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED");
        assert_eq!(reason(&rejected), expected, "{kind}");
    }
}

#[tokio::test]
async fn last_scp_stays_attached() {
    let cloud = LocalCloud::start().await;
    let full_access = "p-FullAWSAccess";
    let rejected = detach(&cloud, full_access, ROOT).await;
    let expected = ("ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED");
    assert_eq!(reason(&rejected), expected);
    let id = create_policy(&cloud, SCP, "allow-list").await;
    attach(&cloud, &id, ROOT).await;
    assert_eq!(detach(&cloud, full_access, ROOT).await.0, 200);
    assert_eq!(attached(&cloud, ROOT, SCP).await, ["allow-list"]);
}

#[tokio::test]
async fn full_access_rcp_comes_with_its_type() {
    let cloud = LocalCloud::start().await;
    let listed = async || cloud.organizations("ListPolicies", json!({"Filter": RCP})).await.1["Policies"].take();
    assert_eq!((attached(&cloud, ROOT, RCP).await, listed().await), (vec![], json!([])));
    enabled(&cloud, RCP).await;
    assert_eq!(attached(&cloud, ROOT, RCP).await, ["RCPFullAWSAccess"]);
    assert_eq!(each(&listed().await, "Name"), ["RCPFullAWSAccess"]);
    let rejected = detach(&cloud, "p-RCPFullAWSAccess", ROOT).await;
    assert_eq!(reason(&rejected), ("InvalidInputException", "NON_DETACHABLE_POLICY"));
}

#[tokio::test]
async fn unknown_policies_and_targets_are_rejected() {
    let cloud = LocalCloud::start().await;
    enabled(&cloud, S3).await;
    let id = create_policy(&cloud, S3, "one").await;
    for operation in ["AttachPolicy", "DetachPolicy"] {
        let call = async |policy: &str, target: &str| {
            cloud.organizations(operation, json!({"PolicyId": policy, "TargetId": target})).await
        };
        assert_eq!(code(&call("p-missing1", ROOT).await), "PolicyNotFoundException");
        for target in ["r-other", "ou-root-99999999", "999999999999"] {
            assert_eq!(code(&call(&id, target).await), "TargetNotFoundException", "{target}");
        }
        let rejected = call(&id, "root").await;
        assert_eq!(reason(&rejected), ("InvalidInputException", "INVALID_PATTERN_TARGET_ID"));
    }
}

#[tokio::test]
async fn account_that_leaves_loses_its_policies() {
    let cloud = cloud().await;
    enabled(&cloud, S3).await;
    let ids = [create_policy(&cloud, S3, "one").await, create_policy(&cloud, SCP, "one").await];
    for id in &ids {
        attach(&cloud, id, ONE).await;
    }
    cloud.organizations("RemoveAccountFromOrganization", json!({"AccountId": ONE})).await;
    for id in &ids {
        let (_, listed) = cloud.organizations("ListTargetsForPolicy", json!({"PolicyId": id})).await;
        assert_eq!(listed["Targets"], json!([]));
    }
}
