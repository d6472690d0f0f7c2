use aws_sdk_iam::operation::attach_role_policy::AttachRolePolicyOutput;
use aws_sdk_iam::operation::create_role::CreateRoleOutput;
use aws_sdk_iam::operation::detach_role_policy::DetachRolePolicyOutput;
use aws_sdk_iam::operation::get_role::GetRoleOutput;
use aws_sdk_iam::operation::get_role_policy::GetRolePolicyOutput;
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;
use aws_sdk_iam::operation::put_role_permissions_boundary::PutRolePermissionsBoundaryOutput;
use aws_sdk_iam::operation::put_role_policy::PutRolePolicyOutput;
use aws_sdk_iam::operation::tag_role::TagRoleOutput;
use aws_sdk_iam::operation::update_assume_role_policy::UpdateAssumeRolePolicyOutput;
use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::AttachedPolicy;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::*;

const ARN: &str = "arn:aws:iam::111111111111:role/managed/Engineer";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn spec() -> RoleSpec {
    RoleSpec {
        name: "Engineer".to_owned(),
        path: "/managed/".to_owned(),
        description: "for engineers".to_owned(),
        trust_policy: json!({ "Statement": [{ "Principal": { "AWS": ["a", "b"] } }] }),
        inline_policy: Some(("baseline".to_owned(), json!({ "Statement": ["permissions"] }))),
        managed_policy_arns: [READ_ONLY.to_owned()].into(),
        permissions_boundary: None,
        tags: [("team".to_owned(), "platform".to_owned())].into(),
    }
}

fn error_response(code: &str) -> Response {
    error_response_with_message(code, "no")
}

fn error_response_with_message(code: &str, message: &str) -> Response {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// A rule that returns an error with this code.
macro_rules! failing {
    ($operation:expr, $code:expr) => {
        mock!($operation).then_http_response(|| error_response($code))
    };
}

fn role(path: &str, trust_policy: &Value) -> Role {
    let document = utf8_percent_encode(&trust_policy.to_string(), NON_ALPHANUMERIC).to_string();
    let role = Role::builder().path(path).role_name("Engineer");
    let role = role.role_id("AROA").arn(ARN);
    let tag = Tag::builder().key("team").value("platform");
    role.create_date(DateTime::from_secs(0))
        .assume_role_policy_document(document)
        .tags(tag.build().unwrap())
        .build()
        .unwrap()
}

fn found(role: Role) -> Rule {
    mock!(Client::get_role).then_output(move || GetRoleOutput::builder().role(role.clone()).build())
}

fn no_role() -> Rule {
    failing!(Client::get_role, "NoSuchEntity")
}

fn created() -> Rule {
    mock!(Client::create_role)
        .match_requests(|request| {
            request.path() == Some("/managed/")
                && request.assume_role_policy_document() == Some(&*spec().trust_policy.to_string())
                && request.tags().len() == 1
        })
        .then_output(|| {
            let role = role("/managed/", &spec().trust_policy);
            CreateRoleOutput::builder().role(role).build()
        })
}

fn inline(document: &Value) -> Rule {
    let document = document.to_string();
    mock!(Client::get_role_policy).then_output(move || {
        let output = GetRolePolicyOutput::builder().role_name("Engineer");
        let output = output.policy_name("baseline").policy_document(&document);
        output.build().unwrap()
    })
}

fn put_inline() -> Rule {
    mock!(Client::put_role_policy)
        .match_requests(|request| request.policy_name() == Some("baseline"))
        .then_output(|| PutRolePolicyOutput::builder().build())
}

fn attached(arn: &'static str) -> Rule {
    mock!(Client::list_attached_role_policies).then_output(move || {
        let policy = AttachedPolicy::builder().policy_arn(arn).build();
        ListAttachedRolePoliciesOutput::builder().attached_policies(policy).build()
    })
}

fn attach_read_only() -> Rule {
    mock!(Client::attach_role_policy)
        .match_requests(|request| request.policy_arn() == Some(READ_ONLY))
        .then_output(|| AttachRolePolicyOutput::builder().build())
}

/// The ARN of the role, and the names of the changes.
type Converged = (String, Vec<String>);

/// Asserts that every rule is called once.
async fn converge(spec: &RoleSpec, rules: &[&Rule]) -> Result<Converged, StepError> {
    let client = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
    let changes = Changes::apply();
    let arn = converge_role(&client, spec, &changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    Ok((arn?, changes.into_names()))
}

#[tokio::test]
async fn missing_role_is_created_with_permissions() {
    let rules = [&no_role(), &created(), &put_inline(), &attach_read_only()];
    let converged = converge(&spec(), &rules).await.unwrap();
    assert_eq!(converged, (ARN.to_owned(), vec!["role Engineer: created".to_owned()]));
}

#[tokio::test]
async fn denial_after_create_is_retried() {
    let denied = || failing!(Client::put_role_policy, "AccessDenied");
    let error = converge(&spec(), &[&no_role(), &created(), &denied()]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::OutcomeUnknown);
    let existing = [&found(role("/managed/", &spec().trust_policy)), &inline(&json!({})), &denied()];
    assert_eq!(converge(&spec(), &existing).await.unwrap_err().code(), ErrorCode::AccessDenied);
}

#[tokio::test]
async fn correct_role_is_only_read() {
    let trust = json!({ "Statement": { "Principal": { "AWS": ["b", "a"] } } });
    let rules =
        [&found(role("/managed/", &trust)), &inline(&json!({ "Statement": "permissions" })), &attached(READ_ONLY)];
    let converged = converge(&spec(), &rules).await.unwrap();
    assert_eq!(converged, (ARN.to_owned(), Vec::new()));
}

#[tokio::test]
async fn drift_is_repaired() {
    let mut wanted = spec();
    wanted.tags.insert("cost".to_owned(), "1234".to_owned());
    let put_trust = mock!(Client::update_assume_role_policy)
        .match_requests(|request| request.policy_document() == Some(&*spec().trust_policy.to_string()))
        .then_output(|| UpdateAssumeRolePolicyOutput::builder().build());
    let detach = mock!(Client::detach_role_policy)
        .match_requests(|request| request.policy_arn() == Some(ADMINISTRATOR))
        .then_output(|| DetachRolePolicyOutput::builder().build());
    let tag = mock!(Client::tag_role)
        .match_requests(|request| request.tags().len() == 2)
        .then_output(|| TagRoleOutput::builder().build());
    let rules = [
        &found(role("/managed/", &json!({ "Statement": "anyone" }))),
        &put_trust,
        &inline(&json!({ "Statement": "everything" })),
        &put_inline(),
        &attached(ADMINISTRATOR),
        &detach,
        &attach_read_only(),
        &tag,
    ];
    let converged = converge(&wanted, &rules).await.unwrap();
    assert_eq!(
        converged.1,
        [
            "role Engineer: trust policy".to_owned(),
            "role Engineer: permissions".to_owned(),
            format!("role Engineer: detached {ADMINISTRATOR}"),
            format!("role Engineer: attached {READ_ONLY}"),
            "role Engineer: tags".to_owned(),
        ]
    );
}

#[tokio::test]
async fn incomplete_role_is_completed() {
    let rules = [
        &found(role("/managed/", &spec().trust_policy)),
        &failing!(Client::get_role_policy, "NoSuchEntity"),
        &put_inline(),
        &attached(READ_ONLY),
    ];
    let converged = converge(&spec(), &rules).await.unwrap();
    assert_eq!(converged.1, ["role Engineer: permissions"]);
}

#[tokio::test]
async fn missing_inline_policy_takes_no_call() {
    let mut wanted = spec();
    wanted.inline_policy = None;
    let rules = [&found(role("/managed/", &spec().trust_policy)), &attached(READ_ONLY)];
    let converged = converge(&wanted, &rules).await.unwrap();
    assert!(converged.1.is_empty());
}

#[tokio::test]
async fn role_at_another_path_is_not_changed() {
    let rules = [&found(role("/other/", &spec().trust_policy))];
    let error = converge(&spec(), &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.to_string().contains("/other/"), "{error}");
}

#[tokio::test]
async fn iam_errors_map_to_error_codes() {
    for (code, expected, unknown_reference) in [
        ("EntityAlreadyExists", ErrorCode::OutcomeUnknown, false),
        ("PolicyNotAttachable", ErrorCode::InvalidConfiguration, false),
        ("MalformedPolicyDocument", ErrorCode::NotReady, true),
        ("LimitExceeded", ErrorCode::InvalidConfiguration, false),
        ("AccessDenied", ErrorCode::AccessDenied, false),
        ("ConcurrentModification", ErrorCode::ServiceUnavailable, false),
        ("SomethingNew", ErrorCode::Unexpected, false),
    ] {
        let create = mock!(Client::create_role).then_http_response(move || error_response(code));
        let error = converge(&spec(), &[&no_role(), &create]).await.unwrap_err();
        assert_eq!(error.code(), expected, "{code}");
        assert_eq!(UnknownEntity::from_error(&error).is_some(), unknown_reference, "{code}");
        assert!(error.to_string().contains("Engineer"), "{error}");
    }
}

#[tokio::test]
async fn update_reports_unknown_principal() {
    let rules = [
        &found(role("/managed/", &json!({ "Statement": "anyone" }))),
        &failing!(Client::update_assume_role_policy, "MalformedPolicyDocument"),
    ];
    let error = converge(&spec(), &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(UnknownEntity::from_error(&error), Some(UnknownEntity::Reference));
}

#[tokio::test]
async fn unknown_policy_differs_from_unknown_role() {
    let policy = "Policy arn:aws:iam::aws:policy/ReadOnlyAccess does not exist or is not attachable.";
    let role = "The role with name Engineer cannot be found.";
    for (message, code, unknown) in [
        (policy, ErrorCode::InvalidConfiguration, Some(UnknownEntity::Policy)),
        (role, ErrorCode::OutcomeUnknown, None),
    ] {
        let attach = mock!(Client::attach_role_policy)
            .then_http_response(move || error_response_with_message("NoSuchEntity", message));
        let rules = [&no_role(), &created(), &put_inline(), &attach];
        let error = converge(&spec(), &rules).await.unwrap_err();
        assert_eq!(error.code(), code, "{message}");
        assert_eq!(UnknownEntity::from_error(&error), unknown, "{message}");
        assert!(error.to_string().contains(READ_ONLY), "{error}");
    }
}

#[tokio::test]
async fn unknown_boundary_is_permanent() {
    let message = format!("Scope ARN: {ADMINISTRATOR} does not exist or is not attachable.");
    let create =
        mock!(Client::create_role).then_http_response(move || error_response_with_message("NoSuchEntity", &message));
    let error = converge(&spec(), &[&no_role(), &create]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.remedy().contains("permissions boundary"), "{}", error.remedy());
    assert_eq!(UnknownEntity::from_error(&error), None);
}

#[tokio::test]
async fn missing_boundary_is_set() {
    let mut wanted = spec();
    wanted.permissions_boundary = Some(ADMINISTRATOR.to_owned());
    let bound = mock!(Client::put_role_permissions_boundary)
        .match_requests(|request| request.permissions_boundary() == Some(ADMINISTRATOR))
        .then_output(|| PutRolePermissionsBoundaryOutput::builder().build());
    let read = [inline(&json!({ "Statement": ["permissions"] })), attached(READ_ONLY)];
    let rules = [&found(role("/managed/", &spec().trust_policy)), &bound, &read[0], &read[1]];
    let converged = converge(&wanted, &rules).await.unwrap();
    assert_eq!(converged.1, ["role Engineer: permissions boundary"]);
}

#[tokio::test]
async fn plan_changes_nothing() {
    let client = mock_client!(aws_sdk_iam, RuleMode::Sequential, &[&no_role()]);
    let changes = Changes::plan();
    converge_role(&client, &spec(), &changes).await.unwrap();
    assert_eq!(changes.into_names(), ["role Engineer: created"]);
}
