use aws_config::BehaviorVersion;
use aws_sdk_iam::operation::attach_role_policy::AttachRolePolicyOutput;
use aws_sdk_iam::operation::create_role::CreateRoleOutput;
use aws_sdk_iam::operation::get_role::GetRoleOutput;
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;
use aws_sdk_iam::operation::list_roles::ListRolesOutput;
use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, Role, Tag};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use time::Duration;
use vending_core::fixtures;

use super::*;

mod leftovers;
mod provider;

const NAME: &str = "github-acme.payments";
const ARN: &str = "arn:aws:iam::111111111111:role/account-vending/access/github/github-acme.payments";
const POLICY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const BOUNDARY: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

fn start(variables: fn(&str) -> Option<String>) -> Result<ConfigureGithubOidc, String> {
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    let step = ConfigureGithubOidc::new(&config, &Environment::from_fn(variables));
    step.map_err(|error| error.to_string())
}

fn step() -> ConfigureGithubOidc {
    start(|name| match name {
        "RECORDS_BUCKET" => Some("records".to_owned()),
        "GITHUB_PERMISSIONS_BOUNDARY" => Some(BOUNDARY.to_owned()),
        _ => None,
    })
    .unwrap()
}

fn payments() -> Value {
    json!({
        "repository": "acme/payments", "ownerId": 1, "repositoryId": 2, "branches": ["main"], "policyArns": [POLICY],
    })
}

fn input(age: Duration, deploys: &[Value]) -> BaselineInput {
    let mut input = fixtures::baseline_input(age);
    input.request.github_deploy =
        deploys.iter().map(|deploy| serde_json::from_value(deploy.clone()).unwrap()).collect();
    input
}

fn spec() -> RoleSpec {
    let input = input(Duration::ZERO, &[payments()]);
    role::spec(&input.account_id, &input.request.github_deploy[0], BOUNDARY)
}

fn role(name: &str) -> Role {
    let spec = spec();
    let role = Role::builder().path(role::PATH).role_name(name).role_id("AROA").create_date(DateTime::from_secs(0));
    let role = role.arn(ARN).assume_role_policy_document(spec.trust_policy.to_string());
    let role =
        role.permissions_boundary(AttachedPermissionsBoundary::builder().permissions_boundary_arn(BOUNDARY).build());
    let tag = Tag::builder().key("account-vending:repository").value("acme/payments").build().unwrap();
    role.tags(tag).build().unwrap()
}

fn listed(names: &'static [&'static str]) -> Rule {
    mock!(Client::list_roles)
        .match_requests(|request| request.path_prefix() == Some("/account-vending/access/github/"))
        .then_output(move || {
            let roles = names.iter().map(|name| role(name)).collect();
            ListRolesOutput::builder().set_roles(Some(roles)).build().unwrap()
        })
}

fn no_role() -> Rule {
    mock!(Client::get_role).then_http_response(|| error_response("NoSuchEntity"))
}

fn found() -> Rule {
    mock!(Client::get_role)
        .match_requests(|request| request.role_name() == Some(NAME))
        .then_output(|| GetRoleOutput::builder().role(role(NAME)).build())
}

fn created() -> Rule {
    mock!(Client::create_role)
        .match_requests(|request| {
            request.role_name() == Some(NAME)
                && request.path() == Some("/account-vending/access/github/")
                && request.permissions_boundary() == Some(BOUNDARY)
                && request.assume_role_policy_document() == Some(&*spec().trust_policy.to_string())
        })
        .then_output(|| CreateRoleOutput::builder().role(role(NAME)).build())
}

fn attach() -> Rule {
    mock!(Client::attach_role_policy)
        .match_requests(|request| request.role_name() == Some(NAME) && request.policy_arn() == Some(POLICY))
        .then_output(|| AttachRolePolicyOutput::builder().build())
}

fn attached(arn: &'static str) -> Rule {
    mock!(Client::list_attached_role_policies).then_output(move || {
        let policy = AttachedPolicy::builder().policy_arn(arn).build();
        ListAttachedRolePoliciesOutput::builder().attached_policies(policy).build()
    })
}

fn error_response(code: &str) -> Response {
    error_with_message(code, "no")
}

fn error_with_message(code: &str, message: &str) -> Response {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>");
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// Converges. Asserts that each rule is called once.
async fn converge(
    input: &BaselineInput,
    changes: &Changes,
    rules: &[Rule],
) -> Result<Converged<GithubAccess>, StepError> {
    let converged = step().converge(&iam(rules), input, changes).await;
    assert_each_called_once(rules);
    converged
}

fn iam(rules: &[Rule]) -> Client {
    mock_client!(aws_sdk_iam, RuleMode::Sequential, rules)
}

fn assert_each_called_once(rules: &[Rule]) {
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

/// A run and its read-back. Asserts that each rule is called once in both together.
async fn run_and_read_back(deploys: &[Value], rules: &[Rule]) {
    let (step, iam, input) = (&step(), &iam(rules), &input(Duration::ZERO, deploys));
    let converge = |changes| async move { step.converge(iam, input, &changes).await };
    Changes::apply_and_read_back(converge).await.unwrap();
    assert_each_called_once(rules);
}

async fn run(deploys: &[Value], rules: &[Rule]) -> (Converged<GithubAccess>, Vec<String>) {
    let changes = Changes::apply();
    let converged = converge(&input(Duration::ZERO, deploys), &changes, rules).await.unwrap();
    (converged, changes.into_names())
}

async fn failure(age: Duration, deploys: &[Value], rules: &[Rule]) -> StepError {
    converge(&input(age, deploys), &Changes::apply(), rules).await.unwrap_err()
}

fn payments_can_deploy() -> Converged<GithubAccess> {
    let result = GithubAccess { github_role_arns: vec![ARN.to_owned()] };
    Converged::new("acme/payments can deploy").with_result(result)
}

#[tokio::test]
async fn new_account_gets_provider_and_role() {
    let rules = [listed(&[]), provider::missing(), provider::created(), no_role(), created(), attach()];
    let (converged, changes) = run(&[payments()], &rules).await;
    assert_eq!(converged, payments_can_deploy());
    assert_eq!(
        changes,
        ["identity provider token.actions.githubusercontent.com: created", "role github-acme.payments: created"]
    );
}

#[tokio::test]
async fn up_to_date_account_is_only_read() {
    let rules = [listed(&[NAME]), provider::found(), found(), attached(POLICY)];
    let (converged, changes) = run(&[payments()], &rules).await;
    assert_eq!(converged, payments_can_deploy());
    assert!(changes.is_empty());
}

#[tokio::test]
async fn read_back_does_not_list_the_roles() {
    let made = [listed(&[]), provider::missing(), provider::created(), no_role(), created(), attach()];
    let read = [provider::found(), found(), attached(POLICY)];
    run_and_read_back(&[payments()], &made.into_iter().chain(read).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn no_repositories_take_one_call() {
    let (converged, changes) = run(&[], &[listed(&[])]).await;
    assert_eq!(converged, Converged::new("no GitHub repository can deploy"));
    assert!(changes.is_empty());
}

#[tokio::test]
async fn plan_changes_nothing() {
    let changes = Changes::plan();
    let rules = [listed(&["github-acme.old"]), provider::missing(), no_role()];
    converge(&input(Duration::ZERO, &[payments()]), &changes, &rules).await.unwrap();
    assert_eq!(
        changes.into_names(),
        [
            "role github-acme.old: deleted",
            "identity provider token.actions.githubusercontent.com: created",
            "role github-acme.payments: created",
        ]
    );
}

#[tokio::test]
async fn repository_without_ids_is_noted() {
    let named = json!({ "repository": "acme/payments", "branches": ["main"], "policyArns": [POLICY] });
    let changes = Changes::plan();
    let rules = [listed(&[]), provider::found(), no_role()];
    let converged = converge(&input(Duration::ZERO, &[named]), &changes, &rules).await.unwrap();
    let note = "acme/payments can deploy only if created before 2026-07-15 and not renamed or moved since: for any other repository set ownerId and repositoryId";
    assert_eq!(converged, payments_can_deploy().with_note(note));
}

#[tokio::test]
async fn trust_error_is_retried_while_provider_is_new() {
    let rejected = || mock!(Client::create_role).then_http_response(|| error_response("MalformedPolicyDocument"));
    let new = [listed(&[]), provider::missing(), provider::created(), no_role(), rejected()];
    assert_eq!(failure(Duration::DAY, &[payments()], &new).await.code(), ErrorCode::NotReady);
    let seen = [listed(&[]), provider::found_since(OffsetDateTime::now_utc()), no_role(), rejected()];
    assert_eq!(failure(Duration::DAY, &[payments()], &seen).await.code(), ErrorCode::NotReady);
    let old = || [listed(&[]), provider::found(), no_role(), rejected()];
    assert_eq!(failure(Duration::ZERO, &[payments()], &old()).await.code(), ErrorCode::NotReady);
    assert_eq!(failure(Duration::DAY, &[payments()], &old()).await.code(), ErrorCode::InvalidConfiguration);
}

#[tokio::test]
async fn missing_policy_is_an_invalid_request() {
    let message = format!("Policy {POLICY} does not exist or is not attachable.");
    let rejected =
        mock!(Client::attach_role_policy).then_http_response(move || error_with_message("NoSuchEntity", &message));
    let rules = [listed(&[]), provider::found(), no_role(), created(), rejected];
    let error = failure(Duration::ZERO, &[payments()], &rules).await;
    assert_eq!(error.code(), ErrorCode::InvalidRequest);
    assert!(error.remedy().contains("policyArns"), "{}", error.remedy());
}

#[tokio::test]
async fn missing_boundary_is_invalid_configuration() {
    let message = format!("Scope ARN: {BOUNDARY} does not exist or is not attachable.");
    let rejected = mock!(Client::create_role).then_http_response(move || error_with_message("NoSuchEntity", &message));
    let rules = [listed(&[]), provider::found(), no_role(), rejected];
    let error = failure(Duration::ZERO, &[payments()], &rules).await;
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.remedy().contains("permissions boundary"), "{}", error.remedy());
}

#[tokio::test]
async fn new_role_that_is_not_found_is_retried() {
    let message = "The role with name github-acme.payments cannot be found.";
    let rejected =
        mock!(Client::attach_role_policy).then_http_response(move || error_with_message("NoSuchEntity", message));
    let rules = [listed(&[]), provider::found(), no_role(), created(), rejected];
    assert_eq!(failure(Duration::DAY, &[payments()], &rules).await.code(), ErrorCode::OutcomeUnknown);
}

#[tokio::test]
async fn access_denied_is_retried_while_propagating() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
        let list = || mock!(Client::list_roles).then_http_response(|| error_response("AccessDenied"));
        assert_eq!(failure(age, &[], &[list()]).await.code(), expected);
        let rules = [listed(&[]), provider::read_fails("InvalidClientTokenId")];
        assert_eq!(failure(age, &[payments()], &rules).await.code(), expected);
        let role = mock!(Client::get_role).then_http_response(|| error_response("AccessDenied"));
        let rules = [listed(&[]), provider::found(), role];
        assert_eq!(failure(age, &[payments()], &rules).await.code(), expected);
    }
}

#[test]
fn result_has_the_role_arns() {
    let result = GithubAccess { github_role_arns: vec![ARN.to_owned()] };
    assert_eq!(serde_json::to_value(result).unwrap(), json!({ "githubRoleArns": [ARN] }));
}

#[test]
fn boundary_must_be_an_aws_managed_policy() {
    let missing = start(|_| None).unwrap_err();
    assert_eq!(missing, "environment variable GITHUB_PERMISSIONS_BOUNDARY is not set");
    let wrong: [fn(&str) -> Option<String>; 3] = [
        |_| Some("PowerUserAccess".to_owned()),
        |_| Some("arn:aws:iam::aws:policy/".to_owned()),
        |_| Some("arn:aws:iam::111111111111:policy/Ours".to_owned()),
    ];
    for variables in wrong {
        let error = start(variables).unwrap_err();
        assert!(error.starts_with("environment variable GITHUB_PERMISSIONS_BOUNDARY is wrong"), "{error}");
    }
}
