use aws_config::BehaviorVersion;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::types::{OrganizationalUnit, Root};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::{Value, json};

use super::*;
use crate::access::tests as center;

pub(crate) fn variables(name: &str) -> Option<String> {
    let value = match name {
        "EMAIL_PATTERN" => "aws+{accountName}@example.com",
        "ALLOWED_ORGANIZATIONAL_UNITS" | "ALLOWED_PERMISSION_SETS" => "*",
        "PROTECTED_ORGANIZATIONAL_UNITS" => "Security",
        "GOVERNED_REGIONS" => "us-east-1",
        "MANAGEMENT_ACCOUNT_ID" => center::MANAGEMENT_ACCOUNT,
        "SWITCHED_OFF_STEPS" => "set-budget@Workloads",
        "CUSTOMIZATION_STATE_MACHINE_ARNS" => "arn:aws:states:us-east-1:123456789012:stateMachine:ours",
        "CUSTOMIZATION_ORGANIZATIONAL_UNITS" => "Workloads/Development",
        _ => return None,
    };
    Some(value.to_owned())
}

fn step(variables: fn(&str) -> Option<String>) -> Result<ValidateRequest, String> {
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    ValidateRequest::new(&config, &Environment::of(variables)).map_err(|error| error.to_string())
}

fn root() -> Rule {
    mock!(Client::list_roots)
        .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-1").build()).build())
}

fn children(parent: &'static str, name: &'static str, id: &'static str) -> Rule {
    mock!(Client::list_organizational_units_for_parent)
        .match_requests(move |request| request.parent_id() == Some(parent))
        .then_output(move || {
            let unit = OrganizationalUnit::builder().name(name).id(id).build();
            ListOrganizationalUnitsForParentOutput::builder().organizational_units(unit).build()
        })
}

fn request(path: &str, access: &Value) -> Value {
    json!({ "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": path, "access": access })
}

fn units(rules: &[&Rule]) -> KnownUnits {
    KnownUnits::new(Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules)))
}

/// Every rule is called once, in order, and nothing else is called.
async fn run(request: Value, organization: &[&Rule], identity_center: IdentityCenter) -> Result<Validated, String> {
    run_as("a@example.com", request, organization, identity_center).await
}

async fn run_as(
    key_of: &str,
    request: Value,
    organization: &[&Rule],
    identity_center: IdentityCenter,
) -> Result<Validated, String> {
    let mut step = step(variables).unwrap();
    step.units = units(organization);
    step.identity_center = identity_center;
    let input = Input { request: serde_json::from_value(request).unwrap() };
    let id = RequestId::new(AccountKey::of(&key_of.parse().unwrap()), 1);
    let done = step.run(&id, input).await;
    for (index, rule) in organization.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    done.map(|done| done.result).map_err(|error| {
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        error.to_string()
    })
}

#[tokio::test]
async fn a_path_is_resolved_level_by_level_and_decides_what_the_stack_has_for_it() {
    let (workloads, development) = (children("r-1", "Workloads", "ou-w"), children("ou-w", "Development", "ou-d"));
    let request = request("Workloads/Development", &json!([]));
    let found = run(request, &[&root(), &workloads, &development], center::unused()).await.unwrap();
    assert_eq!(
        serde_json::to_value(found).unwrap(),
        json!({
            "organizationalUnitId": "ou-d",
            "governedRegions": ["us-east-1"],
            "switchedOff": ["SetBudget"],
            "assignments": [],
            "customizationStateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:ours",
        })
    );
}

#[tokio::test]
async fn a_path_that_was_found_is_remembered_and_a_missing_one_is_not() {
    let (root, workloads, sandbox) = (root(), children("r-1", "Workloads", "ou-w"), children("r-1", "Sandbox", "ou-s"));
    let units = units(&[&root, &workloads, &sandbox]);
    let path = "Sandbox".parse().unwrap();
    assert!(matches!(units.resolve(&path).await.unwrap(), Units::Missing(_)));
    for _ in 0..2 {
        assert_eq!(units.resolve(&path).await.unwrap(), Units::Found("ou-s".to_owned()));
    }
}

#[tokio::test]
async fn what_the_stack_has_for_no_unit_is_null() {
    let sandbox = children("r-1", "Sandbox", "ou-s");
    let found = run(request("Sandbox", &json!([])), &[&root(), &sandbox], center::unused()).await.unwrap();
    let found = serde_json::to_value(found).unwrap();
    assert_eq!(found["customizationStateMachineArn"], Value::Null);
    assert_eq!(found["switchedOff"], json!([]));
}

#[tokio::test]
async fn access_comes_to_assignments() {
    let sandbox = children("r-1", "Sandbox", "ou-s");
    let access = json!([{ "group": "developers", "permissionSet": "PowerUserAccess" }]);
    let rules = center::one_group();
    let found = run(request("Sandbox", &access), &[&root(), &sandbox], center::with(&rules)).await.unwrap();
    assert_eq!(found.assignments.len(), 1);
}

#[tokio::test]
async fn a_missing_unit_is_named_with_what_is_there() {
    let workloads = children("r-1", "Workloads", "ou-w");
    let error = run(request("Sandbox", &json!([])), &[&root(), &workloads], center::unused()).await.unwrap_err();
    assert_eq!(error, "organizationalUnit must exist: there is no `Sandbox` below the root, which has Workloads");
}

#[tokio::test]
async fn a_missing_unit_and_missing_people_are_named_together() {
    let workloads = children("r-1", "Workloads", "ou-w");
    let access = json!([{ "group": "nobody", "permissionSet": "PowerUserAccess" }]);
    let rules = center::no_group();
    let error = run(request("Sandbox", &access), &[&root(), &workloads], center::with(&rules)).await.unwrap_err();
    assert!(error.starts_with("organizationalUnit must exist"), "{error}");
    assert!(error.contains("; access/0/group must be the display name"), "{error}");
}

#[tokio::test]
async fn nothing_is_asked_of_aws_for_what_can_be_refused_at_once() {
    let protected = run(request("Security", &json!([])), &[], center::unused()).await.unwrap_err();
    assert!(protected.contains("protected"), "{protected}");
    let foreign = run_as("b@example.com", request("Workloads", &json!([])), &[], center::unused()).await.unwrap_err();
    assert!(foreign.contains("request id"), "{foreign}");
}

#[tokio::test]
async fn what_a_door_would_refuse_is_refused_here_too() {
    let mut request = request("Workloads", &json!([]));
    request["githubDeploy"] = json!([{
        "repository": "acme/payments",
        "branches": ["main"],
        "policyArns": ["arn:aws:iam::aws:policy/PowerUserAccess"],
    }]);
    let error = run(request, &[], center::unused()).await.unwrap_err();
    assert!(error.contains("githubDeploy/0/repository must be"), "{error}");
    assert!(error.contains("; githubDeploy/0/policyArns/0 must be"), "{error}");
}

#[test]
fn settings_are_checked_at_the_start() {
    assert!(step(variables).is_ok());
    let error = step(|name| variables(name).filter(|_| name != "MANAGEMENT_ACCOUNT_ID")).unwrap_err();
    assert!(error.contains("MANAGEMENT_ACCOUNT_ID"), "{error}");
    let error = step(|name| variables(name).filter(|_| name != "GOVERNED_REGIONS")).unwrap_err();
    assert!(error.contains("GOVERNED_REGIONS"), "{error}");
}
