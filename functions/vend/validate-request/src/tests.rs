use aws_config::BehaviorVersion;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::types::{OrganizationalUnit, Root};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::{Value, json};
use vending_core::{RequestRecord, Settings, fixtures};
use vending_organization::OuLookup;
use vending_records::testing::Bucket;

use super::*;
use crate::access::IdentityCenter;
use crate::access::tests as center;

/// What holds in the organization of these tests.
fn settings() -> Settings {
    fixtures::settings(&json!({
        "r-1": {
            "requests": "allowed", "emailPattern": "aws+{accountName}@example.com", "emailDomains": ["example.com"],
            "permissionSets": ["*"], "deployPolicyArns": [],
        },
        "ou-w": { "withoutSteps": ["set-budget"] },
        "ou-d": { "customization": "arn:aws:states:us-east-1:123456789012:stateMachine:ours" },
        "ou-s": { "requests": "denied" },
    }))
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

fn units(rules: &[&Rule]) -> OuCache {
    OuCache::new(Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules)))
}

/// A cache that knows an OU of accounts and one of security tooling.
fn known_units() -> OuCache {
    let units = units(&[]);
    for (path, id) in [("Workloads", "ou-w"), ("Security", "ou-s")] {
        let ids = ["r-1", id].map(|id| id.parse().unwrap()).to_vec();
        units.insert(path.parse().unwrap(), ids, time::OffsetDateTime::now_utc());
    }
    units
}

/// Each rule must be called once, in order; other calls panic.
async fn run(request: Value, organization: &[&Rule], identity_center: IdentityCenter) -> Result<Validated, String> {
    Box::pin(run_as("a@example.com", request, organization, identity_center)).await
}

async fn run_as(
    key_email: &str,
    request: Value,
    organization: &[&Rule],
    identity_center: IdentityCenter,
) -> Result<Validated, String> {
    let id = RequestId::new(AccountKey::from_email(&key_email.parse().unwrap()), 1);
    let request = serde_json::from_value(request).unwrap();
    let record = RequestRecord { request_id: id, ..fixtures::request_record(request, 1, "arn:jane") };
    let done = validate(&record, units(organization), identity_center, &settings()).await;
    for (index, rule) in organization.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    done
}

/// Validates a request where no call of AWS Organizations is needed.
async fn check(record: &RequestRecord, settings: &Settings) -> Result<Validated, String> {
    validate(record, known_units(), center::unused(), settings).await
}

async fn validate(
    record: &RequestRecord,
    units: OuCache,
    identity_center: IdentityCenter,
    settings: &Settings,
) -> Result<Validated, String> {
    let id = &record.request_id;
    let bucket = Bucket::default().with_settings(settings);
    bucket.put(&format!("requests/{}/1.json", id.account_key), record);
    let stored = StoredSettings::new(bucket.client(), "records".to_owned());
    let step = ValidateRequest {
        records: Records::new(bucket.client(), "records".to_owned()),
        settings: OuSettings::new(stored, units),
        identity_centers: center::only(identity_center),
    };
    let done = step.run(id, Input {}).await;
    assert_eq!(bucket.has(&format!("validated/{}/1.json", id.account_key)), done.is_ok());
    done.map(|done| done.result).map_err(|error| {
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
        error.to_string()
    })
}

fn record(request: Value) -> RequestRecord {
    fixtures::request_record(serde_json::from_value(request).unwrap(), 1, "arn:jane")
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
            "organizationalUnitIds": ["r-1", "ou-w", "ou-d"],
            "settings": {
                "governedRegions": ["us-east-1"],
                "disabledSteps": ["SetBudget"],
                "trail": null,
                "configBucket": null,
                "governedByControlTower": false,
                "aliasPattern": null,
                "removeDefaultVpcs": true,
                "quotaIncreases": [],
                "monthlyBudgetUsd": null,
                "budgetSubscribers": [],
                "contacts": {},
                "identityCenterRegion": null,
            },
            "assignments": [],
            "pendingAccess": [],
            "customizationStateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:ours",
        })
    );
}

#[tokio::test]
async fn found_path_is_cached_and_missing_path_is_not() {
    let (root, workloads, sandbox) = (root(), children("r-1", "Workloads", "ou-w"), children("r-1", "Sandbox", "ou-a"));
    let units = units(&[&root, &workloads, &sandbox]);
    let path = "Sandbox".parse().unwrap();
    assert!(matches!(units.resolve(&path).await.unwrap(), OuLookup::Missing(_)));
    for _ in 0..2 {
        assert!(matches!(units.resolve(&path).await.unwrap(), OuLookup::Found(ids) if ids.len() == 2));
    }
}

#[tokio::test]
async fn ou_without_settings_gets_none() {
    let sandbox = children("r-1", "Sandbox", "ou-a");
    let found = run(request("Sandbox", &json!([])), &[&root(), &sandbox], center::unused()).await.unwrap();
    let found = serde_json::to_value(found).unwrap();
    assert_eq!(found["customizationStateMachineArn"], Value::Null);
    assert_eq!(found["settings"]["disabledSteps"], json!([]));
}

#[tokio::test]
async fn access_resolves_to_assignments() {
    let sandbox = children("r-1", "Sandbox", "ou-a");
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
async fn missing_group_is_an_error_of_the_request() {
    let workloads = children("r-1", "Workloads", "ou-w");
    let access = json!([{ "group": "missing", "permissionSet": "PowerUserAccess" }]);
    let rules = center::no_group();
    let error = run(request("Workloads", &access), &[&root(), &workloads], center::with(&rules)).await.unwrap_err();
    assert!(error.starts_with("access/0/group must be the display name"), "{error}");
}

#[tokio::test]
async fn requests_for_another_ou_or_key_are_rejected() {
    let denied = check(&record(request("Security", &json!([]))), &settings()).await.unwrap_err();
    assert!(denied.contains("an OU in which accounts can be requested"), "{denied}");
    let by_operator = RequestRecord { by_operator: true, ..record(request("Security", &json!([]))) };
    assert!(check(&by_operator, &settings()).await.is_ok());
    let foreign = run_as("b@example.com", request("Workloads", &json!([])), &[], center::unused()).await.unwrap_err();
    assert!(foreign.contains("request ID"), "{foreign}");
}

#[tokio::test]
async fn new_account_email_must_fit_the_settings() {
    let mut request = request("Workloads", &json!([]));
    request["accountEmail"] = "me@mail.test".into();
    let error = check(&record(request), &settings()).await.unwrap_err();
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
    let error = check(&record(request), &settings()).await.unwrap_err();
    assert!(error.contains("githubDeploy/0/repository must be"), "{error}");
    assert!(error.contains("; githubDeploy/0/policyArns/0 must be"), "{error}");
}

#[tokio::test]
async fn right_that_was_withdrawn_after_the_request_is_gone() {
    let request = record(request("Workloads", &json!([])));
    assert!(check(&request, &settings()).await.is_ok());
    let denied = check(&request, &fixtures::settings(&json!({ "r-1": { "requests": "denied" } }))).await.unwrap_err();
    assert!(denied.contains("organizationalUnit must be"), "{denied}");
}

#[test]
fn variables_are_validated_at_startup() {
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    let new = |variables: fn(&str) -> Option<String>| ValidateRequest::new(&config, &Environment::from_fn(variables));
    let error = new(|name| (name == "RECORDS_BUCKET").then(|| "records".to_owned())).unwrap_err().to_string();
    assert!(error.contains("MANAGEMENT_ACCOUNT_ID"), "{error}");
}
