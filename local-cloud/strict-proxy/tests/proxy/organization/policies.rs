//! Policies and their tags.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{RCP, ROOT, S3, SCP, attach, content, create_policy, each, enabled, policy};
use crate::cloud::{LocalCloud, code, reason};

const TYPES: [&str; 10] = [
    SCP,
    RCP,
    S3,
    "TAG_POLICY",
    "BACKUP_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "GUARDDUTY_POLICY",
    "SECURITYHUB_CSPM_POLICY",
    "INSPECTOR_POLICY",
];

async fn list(cloud: &LocalCloud, kind: &str) -> Value {
    cloud.organizations("ListPolicies", json!({"Filter": kind})).await.1["Policies"].take()
}

#[tokio::test]
async fn policies_of_every_type_are_kept() {
    let cloud = LocalCloud::start().await;
    for kind in TYPES {
        let id = create_policy(&cloud, kind, "guardrails").await;
        let (_, described) = cloud.organizations("DescribePolicy", json!({"PolicyId": id})).await;
        let summary = &described["Policy"]["PolicySummary"];
        assert_eq!(
            (&summary["Id"], &summary["Type"], &summary["AwsManaged"]),
            (&json!(id), &json!(kind), &json!(false))
        );
        assert_eq!((&summary["Name"], &described["Policy"]["Content"]), (&json!("guardrails"), &json!(content(kind))));
        assert!(each(&list(&cloud, kind).await, "Name").contains(&"guardrails"), "{kind}");

        let update = json!({"PolicyId": id, "Name": "renamed", "Description": "new"});
        let (_, updated) = cloud.organizations("UpdatePolicy", update).await;
        let summary = &updated["Policy"]["PolicySummary"];
        assert_eq!((&summary["Name"], &summary["Description"]), (&json!("renamed"), &json!("new")), "{kind}");
        assert_eq!(updated["Policy"]["Content"], content(kind));
        assert_eq!(cloud.organizations("DeletePolicy", json!({"PolicyId": id})).await.0, 200);
        assert_eq!(
            code(&cloud.organizations("DescribePolicy", json!({"PolicyId": id})).await),
            "PolicyNotFoundException"
        );
    }
}

#[tokio::test]
async fn policies_that_moto_lacks_look_as_in_aws() {
    let cloud = LocalCloud::start().await;
    let id = create_policy(&cloud, "DECLARATIVE_POLICY_EC2", "ec2-defaults").await;
    assert_eq!((id.len(), &id[..2]), (10, "p-"));
    let (_, listed) = cloud.organizations("ListPolicies", json!({"Filter": "DECLARATIVE_POLICY_EC2"})).await;
    let expected = json!({
        "Id": id, "Arn": format!("arn:aws:organizations::123456789012:policy/o-a/declarative_policy_ec2/{id}"),
        "Name": "ec2-defaults", "Description": "about it", "Type": "DECLARATIVE_POLICY_EC2", "AwsManaged": false,
    });
    assert_eq!(listed, json!({"Policies": [expected], "NextToken": null}));
}

#[tokio::test]
async fn name_is_unique_within_its_type() {
    let cloud = LocalCloud::start().await;
    for kind in [SCP, S3] {
        let id = create_policy(&cloud, kind, "one").await;
        let other = create_policy(&cloud, kind, "other").await;
        let rejected = cloud.organizations("CreatePolicy", policy(kind, "one")).await;
        assert_eq!(code(&rejected), "DuplicatePolicyException", "{kind}");
        let rejected = cloud.organizations("UpdatePolicy", json!({"PolicyId": other, "Name": "one"})).await;
        assert_eq!(code(&rejected), "DuplicatePolicyException", "{kind}");
        assert_eq!(cloud.organizations("UpdatePolicy", json!({"PolicyId": id, "Name": "one"})).await.0, 200);
    }
    create_policy(&cloud, RCP, "one").await;
    assert_eq!(each(&list(&cloud, RCP).await, "Name"), ["one"]);
}

#[tokio::test]
async fn one_of_several_concurrent_changes_succeeds() {
    let cloud = Arc::new(LocalCloud::start().await);
    let create = |kind: &'static str| {
        let cloud = Arc::clone(&cloud);
        tokio::spawn(async move { cloud.organizations("CreatePolicy", policy(kind, "one")).await.0 })
    };
    for kind in [SCP, S3] {
        let creations: Vec<_> = (0..5).map(|_| create(kind)).collect();
        let mut created = 0;
        for creation in creations {
            created += usize::from(creation.await.unwrap() == 200);
        }
        assert_eq!(created, 1, "{kind}");
    }
}

#[tokio::test]
async fn content_and_parameters_are_checked() {
    let cloud = LocalCloud::start().await;
    let create = async |change: Value| {
        let mut policy = policy(SCP, "one");
        for (field, value) in change.as_object().unwrap() {
            policy[field] = value.clone();
        }
        let rejected = cloud.organizations("CreatePolicy", policy).await;
        (code(&rejected).to_owned(), reason(&rejected).1.to_owned())
    };
    for (change, code, reason) in [
        (json!({"Content": "{}"}), "MalformedPolicyDocumentException", "none"),
        (json!({"Content": " ".repeat(10_241)}), "ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED"),
        (json!({"Content": null}), "InvalidInputException", "INPUT_REQUIRED"),
        (json!({"Type": "LAMBDA_POLICY"}), "InvalidInputException", "INVALID_ENUM_POLICY_TYPE"),
        (json!({"Name": ""}), "InvalidInputException", "MIN_LENGTH_EXCEEDED"),
        (json!({"Name": "n".repeat(129)}), "InvalidInputException", "MAX_LENGTH_EXCEEDED"),
        (json!({"Description": "d".repeat(513)}), "InvalidInputException", "MAX_LENGTH_EXCEEDED"),
    ] {
        assert_eq!(create(change.clone()).await, (code.to_owned(), reason.to_owned()), "{change}");
    }
    let id = create_policy(&cloud, S3, "one").await;
    let rejected = cloud.organizations("UpdatePolicy", json!({"PolicyId": id, "Content": "[]"})).await;
    assert_eq!(code(&rejected), "MalformedPolicyDocumentException");
    let rejected = cloud.organizations("DescribePolicy", json!({"PolicyId": "S3"})).await;
    assert_eq!(reason(&rejected), ("InvalidInputException", "INVALID_PATTERN"));
}

#[tokio::test]
async fn aws_managed_policies_cannot_be_changed() {
    let cloud = LocalCloud::start().await;
    for operation in ["UpdatePolicy", "DeletePolicy"] {
        for id in ["p-FullAWSAccess", "p-RCPFullAWSAccess"] {
            let rejected = cloud.organizations(operation, json!({"PolicyId": id, "Name": "mine"})).await;
            assert_eq!(reason(&rejected), ("InvalidInputException", "IMMUTABLE_POLICY"), "{operation} {id}");
        }
    }
}

#[tokio::test]
async fn attached_policy_cannot_be_deleted() {
    let cloud = LocalCloud::start().await;
    enabled(&cloud, S3).await;
    for kind in [SCP, S3] {
        let id = create_policy(&cloud, kind, "one").await;
        attach(&cloud, &id, ROOT).await;
        let rejected = cloud.organizations("DeletePolicy", json!({"PolicyId": id})).await;
        assert_eq!(code(&rejected), "PolicyInUseException", "{kind}");
    }
}

#[tokio::test]
async fn long_lists_have_pages_of_twenty() {
    let cloud = LocalCloud::start().await;
    for number in 0..25 {
        create_policy(&cloud, S3, &format!("policy-{number:02}")).await;
    }
    let (_, first) = cloud.organizations("ListPolicies", json!({"Filter": S3})).await;
    let rest = json!({"Filter": S3, "NextToken": first["NextToken"]});
    let (_, second) = cloud.organizations("ListPolicies", rest).await;
    let names = [each(&first["Policies"], "Name"), each(&second["Policies"], "Name")];
    assert_eq!((names[0].len(), names[1].len(), &second["NextToken"]), (20, 5, &Value::Null));
    assert_eq!(names[1][4], "policy-24");
}

#[tokio::test]
async fn policies_are_tagged() {
    let cloud = LocalCloud::start().await;
    for kind in [SCP, S3] {
        let mut tagged = policy(kind, "tagged");
        tagged["Tags"] = json!([{"Key": "owner", "Value": "one"}]);
        let (_, created) = cloud.organizations("CreatePolicy", tagged).await;
        let id = &created["Policy"]["PolicySummary"]["Id"];
        let tags =
            async || cloud.organizations("ListTagsForResource", json!({"ResourceId": id})).await.1["Tags"].take();
        assert_eq!(tags().await, json!([{"Key": "owner", "Value": "one"}]), "{kind}");
        let more =
            json!({"ResourceId": id, "Tags": [{"Key": "owner", "Value": "two"}, {"Key": "digest", "Value": ""}]});
        assert_eq!(cloud.organizations("TagResource", more).await.0, 200);
        cloud.organizations("UntagResource", json!({"ResourceId": id, "TagKeys": ["digest"]})).await;
        assert_eq!(tags().await, json!([{"Key": "owner", "Value": "two"}]), "{kind}");
        let numbered: Value = (0..50).map(|number| json!({"Key": format!("k{number}"), "Value": ""})).collect();
        let rejected = cloud.organizations("TagResource", json!({"ResourceId": id, "Tags": numbered})).await;
        assert_eq!(reason(&rejected).1, "MAX_TAG_LIMIT_EXCEEDED", "{kind}");
    }
}
