use aws_config::BehaviorVersion;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::types::{OrganizationalUnit, Root};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::{Value, json};
use vending_core::{RequestRecord, fixtures};
use vending_records::testing::Bucket;

use super::*;
use crate::access::tests as center;

pub(crate) fn variables(name: &str) -> Option<String> {
    let value = match name {
        "RECORDS_BUCKET" => "records",
        "EMAIL_PATTERN" => "aws+{accountName}@example.com",
        "ALLOWED_EMAIL_DOMAINS" => "example.com",
        "ALLOWED_ORGANIZATIONAL_UNITS" | "ALLOWED_PERMISSION_SETS" => "*",
        "PROTECTED_ORGANIZATIONAL_UNITS" => "Security",
        "AWS_REGION" | "GOVERNED_REGIONS" => "us-east-1",
        "ORGANIZATION_TRAIL_NAME" => "organization-trail",
        "CONFIG_BUCKET_NAME" => "log-archive",
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
    ValidateRequest::new(&config, &Environment::from_fn(variables)).map_err(|error| error.to_string())
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

/// A cache that has the ID of the protected OU.
fn units(rules: &[&Rule]) -> OuCache {
    let units = OuCache::new(Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules)));
    units.insert("Security".parse().unwrap(), "ou-s".to_owned(), time::OffsetDateTime::now_utc());
    units
}

/// Each rule must be called once, in order; other calls panic.
async fn run(request: Value, organization: &[&Rule], identity_center: IdentityCenter) -> Result<Validated, String> {
    run_as("a@example.com", request, organization, identity_center).await
}

async fn run_as(
    key_email: &str,
    request: Value,
    organization: &[&Rule],
    identity_center: IdentityCenter,
) -> Result<Validated, String> {
    let mut step = step(variables).unwrap();
    step.units = units(organization);
    step.identity_center = identity_center;
    let id = RequestId::new(AccountKey::from_email(&key_email.parse().unwrap()), 1);
    let request = serde_json::from_value(request).unwrap();
    let record = RequestRecord { request_id: id.clone(), ..fixtures::request_record(request, 1, "arn:jane") };
    let bucket = Bucket::default();
    bucket.put(&format!("requests/{}/1.json", id.account_key), &record);
    step.records = Records::new(bucket.client(), "records".to_owned());
    let done = step.run(&id, Input {}).await;
    assert_eq!(bucket.has(&format!("validated/{}/1.json", id.account_key)), done.is_ok());
    for (index, rule) in organization.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    done.map(|done| done.result).map_err(|error| {
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        error.to_string()
    })
}

#[tokio::test]
async fn path_resolves_to_its_ou_and_settings() {
    let (workloads, development) = (children("r-1", "Workloads", "ou-w"), children("ou-w", "Development", "ou-d"));
    let request = request("Workloads/Development", &json!([]));
    let found = run(request.clone(), &[&root(), &workloads, &development], center::unused()).await.unwrap();
    assert_eq!(
        serde_json::to_value(found).unwrap(),
        json!({
            "request": serde_json::from_value::<vending_core::AccountRequest>(request).unwrap(),
            "adopt": false,
            "organizationalUnitId": "ou-d",
            "protectedUnitIds": ["ou-s"],
            "settings": {
                "governedRegions": ["us-east-1"],
                "disabledSteps": ["SetBudget"],
                "trail": { "mode": "organization", "name": "organization-trail" },
                "configBucket": "log-archive",
                "governedByControlTower": false,
                "aliasPattern": null,
                "removeDefaultVpcs": false,
                "quotaIncreases": [],
                "monthlyBudgetUsd": null,
                "budgetSubscribers": [],
                "contacts": {},
            },
            "assignments": [],
            "customizationStateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:ours",
        })
    );
}

#[tokio::test]
async fn found_path_is_cached_and_missing_path_is_not() {
    let (root, workloads, sandbox) = (root(), children("r-1", "Workloads", "ou-w"), children("r-1", "Sandbox", "ou-s"));
    let units = units(&[&root, &workloads, &sandbox]);
    let path = "Sandbox".parse().unwrap();
    assert!(matches!(units.resolve(&path).await.unwrap(), OuLookup::Missing(_)));
    for _ in 0..2 {
        assert_eq!(units.resolve(&path).await.unwrap(), OuLookup::Found("ou-s".to_owned()));
    }
}

#[tokio::test]
async fn ou_without_settings_gets_none() {
    let sandbox = children("r-1", "Sandbox", "ou-s");
    let found = run(request("Sandbox", &json!([])), &[&root(), &sandbox], center::unused()).await.unwrap();
    let found = serde_json::to_value(found).unwrap();
    assert_eq!(found["customizationStateMachineArn"], Value::Null);
    assert_eq!(found["settings"]["disabledSteps"], json!([]));
}

#[tokio::test]
async fn access_resolves_to_assignments() {
    let sandbox = children("r-1", "Sandbox", "ou-s");
    let access = json!([{ "group": "developers", "permissionSet": "PowerUserAccess" }]);
    let rules = center::one_group();
    let found = run(request("Sandbox", &access), &[&root(), &sandbox], center::with(&rules)).await.unwrap();
    assert_eq!(found.assignments.len(), 1);
}

#[tokio::test]
async fn missing_ou_error_lists_the_existing_ous() {
    let workloads = children("r-1", "Workloads", "ou-w");
    let error = run(request("Sandbox", &json!([])), &[&root(), &workloads], center::unused()).await.unwrap_err();
    assert_eq!(error, "organizationalUnit must exist: there is no OU `Sandbox` in the root, which has Workloads");
}

#[tokio::test]
async fn missing_ou_and_group_are_reported_together() {
    let workloads = children("r-1", "Workloads", "ou-w");
    let access = json!([{ "group": "missing", "permissionSet": "PowerUserAccess" }]);
    let rules = center::no_group();
    let error = run(request("Sandbox", &access), &[&root(), &workloads], center::with(&rules)).await.unwrap_err();
    assert!(error.starts_with("organizationalUnit must exist"), "{error}");
    assert!(error.contains("; access/0/group must be the display name"), "{error}");
}

#[tokio::test]
async fn invalid_request_makes_no_aws_call() {
    let protected = run(request("Security", &json!([])), &[], center::unused()).await.unwrap_err();
    assert!(protected.contains("protected"), "{protected}");
    let foreign = run_as("b@example.com", request("Workloads", &json!([])), &[], center::unused()).await.unwrap_err();
    assert!(foreign.contains("request ID"), "{foreign}");
}

#[tokio::test]
async fn new_account_email_must_fit_the_policy() {
    let mut request = request("Workloads", &json!([]));
    request["accountEmail"] = "me@mail.test".into();
    let error = run_as("me@mail.test", request, &[], center::unused()).await.unwrap_err();
    assert!(error.contains("accountEmail must match the pattern"), "{error}");
}

#[tokio::test]
async fn checks_of_the_entry_points_are_repeated() {
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

/// The default protected OUs, `Security` and `Infrastructure`, may be missing.
#[tokio::test]
async fn missing_configured_protected_ou_is_an_error() {
    async fn validate(variables: fn(&str) -> Option<String>) -> Result<Validated, StepError> {
        let rules = [
            root(),
            children("r-1", "Workloads", "ou-w"),
            children("r-1", "Workloads", "ou-w"),
            children("r-1", "Workloads", "ou-w"),
        ];
        let mut step = step(variables).unwrap();
        step.units = OuCache::new(Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, &rules)));
        step.identity_center = center::unused();
        let record =
            fixtures::request_record(serde_json::from_value(request("Workloads", &json!([]))).unwrap(), 1, "arn");
        let bucket = Bucket::with_request(&record, &fixtures::validated());
        step.records = Records::new(bucket.client(), "records".to_owned());
        step.run(&record.request_id, Input {}).await.map(|done| done.result)
    }
    let error = validate(|name| match name {
        "PROTECTED_ORGANIZATIONAL_UNITS" => Some("Secrity".to_owned()),
        _ => variables(name),
    });
    let error = error.await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.to_string().contains("ProtectedOrganizationalUnits: `Secrity` must exist"), "{error}");
    let default = validate(|name| match name {
        "PROTECTED_ORGANIZATIONAL_UNITS" => Some(vending_core::DEFAULT_PROTECTED_UNITS.to_owned()),
        _ => variables(name),
    });
    assert_eq!(default.await.unwrap().protected_unit_ids, [""; 0]);
}

#[test]
fn settings_are_validated_at_startup() {
    assert!(step(variables).is_ok());
    let error = step(|name| variables(name).filter(|_| name != "MANAGEMENT_ACCOUNT_ID")).unwrap_err();
    assert!(error.contains("MANAGEMENT_ACCOUNT_ID"), "{error}");
    let error = step(|name| variables(name).filter(|_| name != "GOVERNED_REGIONS")).unwrap_err();
    assert!(error.contains("GOVERNED_REGIONS"), "{error}");
}
