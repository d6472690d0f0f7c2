//! Tests with an in-memory bucket and a root that remembers its policy types.

use std::sync::{Arc, Mutex};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::enable_policy_type::EnablePolicyTypeOutput;
use aws_sdk_organizations::operation::list_roots::{ListRootsError, ListRootsOutput};
use aws_sdk_organizations::types::PolicyTypeSummary;
use aws_sdk_organizations::types::error::PolicyTypeAlreadyEnabledException;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::Value;
use vending_core::{PlanMode, PlanReport};
use vending_plans::testing::{by_name, invoke, report, request};
use vending_records::testing::Bucket;

use super::*;

/// The types of the root, with their statuses.
type Types = Arc<Mutex<BTreeMap<String, PolicyTypeStatus>>>;

fn types(known: &[(&str, PolicyTypeStatus)]) -> Types {
    Arc::new(Mutex::new(known.iter().map(|(name, status)| ((*name).to_owned(), status.clone())).collect()))
}

fn enables(types: &Types, status: PolicyTypeStatus) -> Rule {
    let types = Arc::clone(types);
    mock!(Client::enable_policy_type).then_compute_output(move |enable| {
        let name = enable.policy_type().unwrap().as_str().to_owned();
        types.lock().unwrap().insert(name, status.clone());
        EnablePolicyTypeOutput::builder().build()
    })
}

fn function(types: &Types, enable: &Rule) -> EnablePolicyTypes {
    let types = Arc::clone(types);
    let roots = mock!(Client::list_roots).then_compute_output(move |_| {
        let types = types.lock().unwrap();
        let summary = |(name, status): (&String, &PolicyTypeStatus)| {
            PolicyTypeSummary::builder().r#type(name.as_str().into()).status(status.clone()).build()
        };
        let root = Root::builder().id("r-root").set_policy_types(Some(types.iter().map(summary).collect()));
        ListRootsOutput::builder().roots(root.build()).build()
    });
    let client = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&roots, enable]);
    EnablePolicyTypes { organization: Organization::new(client) }
}

async fn plan(bucket: &Bucket, types: &Types, policies: &Value) -> PlanReport {
    request(bucket, &json!({ "version": 1, "policies": policies, "root": {} }), &[]);
    invoke(bucket, function(types, &enables(types, PolicyTypeStatus::Enabled)), PlanMode::Plan).await.unwrap();
    report(bucket, EnablePolicyTypes::FOLDER, PlanMode::Plan)
}

#[tokio::test]
async fn needed_types_are_enabled() {
    let known = types(&[("SERVICE_CONTROL_POLICY", PolicyTypeStatus::Enabled)]);
    let bucket = Bucket::default();
    let policies = json!({ "a": { "type": "scp" }, "b": { "type": "ec2" }, "c": { "type": "ec2" } });
    let report = plan(&bucket, &known, &policies).await;
    assert_eq!(by_name(&report.changes), [("organization:policyTypes.ec2".into(), "false → true".into())].into());
    assert_eq!(known.lock().unwrap().len(), 1);
    invoke(&bucket, function(&known, &enables(&known, PolicyTypeStatus::Enabled)), PlanMode::Apply).await.unwrap();
    assert_eq!(known.lock().unwrap()["DECLARATIVE_POLICY_EC2"], PolicyTypeStatus::Enabled);
}

#[tokio::test]
async fn type_that_aws_still_enables_is_waited_for() {
    let (known, bucket) = (types(&[]), Bucket::default());
    plan(&bucket, &known, &json!({ "a": { "type": "s3" } })).await;
    let slow = enables(&known, PolicyTypeStatus::PendingEnable);
    for _ in 0..2 {
        let (code, message) = invoke(&bucket, function(&known, &slow), PlanMode::Apply).await.unwrap_err();
        assert_eq!(code, "NotReady");
        assert!(message.contains("s3 is PENDING_ENABLE"), "{message}");
    }
    assert_eq!(slow.num_calls(), 1);
    known.lock().unwrap().insert("S3_POLICY".to_owned(), PolicyTypeStatus::Enabled);
    invoke(&bucket, function(&known, &slow), PlanMode::Apply).await.unwrap();
    let report = report(&bucket, EnablePolicyTypes::FOLDER, PlanMode::Apply);
    assert!(report.is_applied && report.changes.len() == 1, "{report:?}");
}

#[tokio::test]
async fn type_that_another_caller_enabled_is_done() {
    let (known, bucket) = (types(&[]), Bucket::default());
    plan(&bucket, &known, &json!({ "a": { "type": "tag" } })).await;
    let other = Arc::clone(&known);
    let enabled = mock!(Client::enable_policy_type).then_error(move || {
        other.lock().unwrap().insert("TAG_POLICY".to_owned(), PolicyTypeStatus::Enabled);
        let already = PolicyTypeAlreadyEnabledException::builder().build();
        EnablePolicyTypeError::PolicyTypeAlreadyEnabledException(already)
    });
    invoke(&bucket, function(&known, &enabled), PlanMode::Apply).await.unwrap();
}

#[tokio::test]
async fn no_policy_needs_no_type() {
    let (known, bucket) = (types(&[]), Bucket::default());
    assert_eq!(plan(&bucket, &known, &json!({})).await.changes, []);
}

/// AWS may enable SCPs when it creates the organization.
#[tokio::test]
async fn plan_without_an_organization_has_every_type() {
    let bucket = Bucket::default();
    let function_without = || {
        let roots = mock!(Client::list_roots).then_error(|| {
            ListRootsError::generic(ErrorMetadata::builder().code("AWSOrganizationsNotInUseException").build())
        });
        let client = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&roots]);
        EnablePolicyTypes { organization: Organization::new(client) }
    };
    let policies = json!({ "a": { "type": "scp" }, "b": { "type": "s3" } });
    request(&bucket, &json!({ "version": 1, "policies": policies, "root": {} }), &[]);
    invoke(&bucket, function_without(), PlanMode::Plan).await.unwrap();
    let plan = report(&bucket, EnablePolicyTypes::FOLDER, PlanMode::Plan);
    let names: Vec<String> = by_name(&plan.changes).into_keys().collect();
    assert_eq!(names, ["organization:policyTypes.s3", "organization:policyTypes.scp"]);
    assert_eq!(invoke(&bucket, function_without(), PlanMode::Apply).await.unwrap_err().0, "NotReady");
    let known = types(&[("SERVICE_CONTROL_POLICY", PolicyTypeStatus::Enabled)]);
    invoke(&bucket, function(&known, &enables(&known, PolicyTypeStatus::Enabled)), PlanMode::Apply).await.unwrap();
    let run = report(&bucket, EnablePolicyTypes::FOLDER, PlanMode::Apply);
    assert_eq!(by_name(&run.changes).into_keys().collect::<Vec<_>>(), ["organization:policyTypes.s3"]);
}
