//! Tests with an in-memory bucket and an organization that remembers its trusted services.

use std::sync::{Arc, Mutex};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::enable_aws_service_access::{
    EnableAWSServiceAccessError, EnableAwsServiceAccessOutput,
};
use aws_sdk_organizations::operation::list_aws_service_access_for_organization::{
    ListAWSServiceAccessForOrganizationError, ListAwsServiceAccessForOrganizationOutput,
};
use aws_sdk_organizations::types::EnabledServicePrincipal;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};
use vending_core::{PlanMode, PlanReport};
use vending_plans::testing::{by_name, invoke, report, request};
use vending_records::testing::Bucket;

use super::*;

type Services = Arc<Mutex<BTreeSet<String>>>;

fn function(services: &Services) -> EnableTrustedAccess {
    let (listed, enabled) = (Arc::clone(services), Arc::clone(services));
    let list = mock!(Client::list_aws_service_access_for_organization).then_compute_output(move |_| {
        let services = listed.lock().unwrap();
        let service = |name: &String| EnabledServicePrincipal::builder().service_principal(name).build();
        let services = services.iter().map(service).collect();
        ListAwsServiceAccessForOrganizationOutput::builder().set_enabled_service_principals(Some(services)).build()
    });
    let enable = mock!(Client::enable_aws_service_access).then_compute_output(move |enable| {
        enabled.lock().unwrap().insert(enable.service_principal().unwrap().to_owned());
        EnableAwsServiceAccessOutput::builder().build()
    });
    let client = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&list, &enable]);
    EnableTrustedAccess { organization: Organization::new(client) }
}

fn services(names: &[&str]) -> Services {
    Arc::new(Mutex::new(names.iter().map(|name| (*name).to_owned()).collect()))
}

async fn plan(bucket: &Bucket, services: &Services, policies: &Value) -> PlanReport {
    plan_of(bucket, services, &json!({ "version": 1, "policies": policies, "root": {} })).await
}

async fn plan_of(bucket: &Bucket, services: &Services, manifest: &Value) -> PlanReport {
    request(bucket, manifest, &[]);
    invoke(bucket, function(services), PlanMode::Plan).await.unwrap();
    report(bucket, EnableTrustedAccess::FOLDER, PlanMode::Plan)
}

#[tokio::test]
async fn needed_services_get_trusted_access() {
    let (bucket, known) = (Bucket::default(), services(&["sso.amazonaws.com"]));
    let policies = json!({ "a": { "type": "ec2" }, "b": { "type": "scp" }, "c": { "type": "tag" } });
    let report = plan(&bucket, &known, &policies).await;
    let names: Vec<String> = by_name(&report.changes).into_keys().collect();
    let expected = ["account.amazonaws.com", "ec2.amazonaws.com", "tagpolicies.tag.amazonaws.com"];
    assert_eq!(names, expected.map(|service| format!("organization:trustedAccess.{service}")));
    assert_eq!(known.lock().unwrap().len(), 1);
    invoke(&bucket, function(&known), PlanMode::Apply).await.unwrap();
    assert!(expected.iter().all(|service| known.lock().unwrap().contains(*service)));
}

#[tokio::test]
async fn other_services_are_left_alone() {
    let (bucket, known) = (Bucket::default(), services(&["account.amazonaws.com", "ram.amazonaws.com"]));
    assert_eq!(plan(&bucket, &known, &json!({})).await.changes, []);
    invoke(&bucket, function(&known), PlanMode::Apply).await.unwrap();
    assert_eq!(known.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn concurrent_change_is_retried() {
    let (bucket, known) = (Bucket::default(), services(&[]));
    plan(&bucket, &known, &json!({})).await;
    let list = mock!(Client::list_aws_service_access_for_organization)
        .then_output(|| ListAwsServiceAccessForOrganizationOutput::builder().build());
    let busy = mock!(Client::enable_aws_service_access).then_error(|| {
        EnableAWSServiceAccessError::generic(ErrorMetadata::builder().code("ConcurrentModificationException").build())
    });
    let client = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&list, &busy]);
    let step = EnableTrustedAccess { organization: Organization::new(client) };
    assert_eq!(invoke(&bucket, step, PlanMode::Apply).await.unwrap_err().0, "ServiceUnavailable");
}

#[tokio::test]
async fn central_root_access_needs_iam() {
    let (bucket, known) = (Bucket::default(), services(&["account.amazonaws.com"]));
    let manifest = json!({ "version": 1, "rootAccess": "central", "root": {} });
    let report = plan_of(&bucket, &known, &manifest).await;
    let names: Vec<String> = by_name(&report.changes).into_keys().collect();
    assert_eq!(names, ["organization:trustedAccess.iam.amazonaws.com"]);
}

#[tokio::test]
async fn plan_without_an_organization_is_what_a_run_changes() {
    let (bucket, known) = (Bucket::default(), services(&[]));
    let function_without = || {
        let list = mock!(Client::list_aws_service_access_for_organization).then_error(|| {
            let code = "AWSOrganizationsNotInUseException";
            ListAWSServiceAccessForOrganizationError::generic(ErrorMetadata::builder().code(code).build())
        });
        let client = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&list]);
        EnableTrustedAccess { organization: Organization::new(client) }
    };
    request(&bucket, &json!({ "version": 1, "policies": { "a": { "type": "ec2" } }, "root": {} }), &[]);
    invoke(&bucket, function_without(), PlanMode::Plan).await.unwrap();
    let plan = report(&bucket, EnableTrustedAccess::FOLDER, PlanMode::Plan);
    assert_eq!(plan.changes.len(), 2);
    assert_eq!(invoke(&bucket, function_without(), PlanMode::Apply).await.unwrap_err().0, "NotReady");
    invoke(&bucket, function(&known), PlanMode::Apply).await.unwrap();
    assert_eq!(report(&bucket, EnableTrustedAccess::FOLDER, PlanMode::Apply).changes, plan.changes);
}
