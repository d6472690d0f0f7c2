use aws_sdk_iam::Client;
use aws_sdk_iam::operation::create_role::{CreateRoleError, CreateRoleOutput};
use aws_sdk_iam::operation::get_role::{GetRoleError, GetRoleOutput};
use aws_sdk_iam::operation::get_role_policy::GetRolePolicyOutput;
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;
use aws_sdk_iam::operation::put_role_policy::PutRolePolicyOutput;
use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::Role;
use aws_sdk_iam::types::error::NoSuchEntityException;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use time::Duration;

use super::*;

const ARN: &str = "arn:aws:iam::111111111111:role/account-vending/AccountVending";

fn account() -> AccountId {
    "111111111111".parse().unwrap()
}

fn step() -> BootstrapRole {
    let variables = |name: &str| {
        let value = match name {
            "ORGANIZATION_ACCESS_ROLE_NAME" => "OrganizationAccountAccessRole",
            "MANAGEMENT_ACCOUNT_ID" => "123456789012",
            "GITHUB_PERMISSIONS_BOUNDARY" => "arn:aws:iam::aws:policy/PowerUserAccess",
            "BREAK_GLASS_PRINCIPALS" => "arn:aws:iam::123456789012:role/break-glass",
            "FUNCTION_ROLES" => "arn:aws:iam::123456789012:role/account-vending/stack/*",
            _ => return None,
        };
        Some(value.to_owned())
    };
    BootstrapRole::new(&SdkConfig::builder().build(), &Environment::from_fn(variables)).unwrap()
}

fn permissions() -> Value {
    step().permissions(&account()).unwrap()
}

fn spec() -> RoleSpec {
    step().role(&account()).unwrap()
}

fn role() -> Role {
    let role = Role::builder().path(ROLE_PATH).role_name(ROLE_NAME).role_id("AROA").arn(ARN);
    let role = role.create_date(DateTime::from_secs(0));
    role.assume_role_policy_document(spec().trust_policy.to_string()).build().unwrap()
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("no").build()
}

/// Runs the step. Each rule must be called once, in order; other calls panic.
async fn run(age: Duration, rules: &[&Rule]) -> Result<StepOutcome<VendingRole>, StepError> {
    let iam = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
    let done = converge(&iam, &spec(), propagation_end(OffsetDateTime::now_utc() - age)).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    done
}

#[tokio::test]
async fn new_account_gets_the_vending_role() {
    let missing = mock!(Client::get_role).then_error(|| {
        GetRoleError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta("NoSuchEntity")).build())
    });
    let created = mock!(Client::create_role)
        .match_requests(|create| create.path() == Some(ROLE_PATH) && create.role_name() == Some(ROLE_NAME))
        .then_output(|| CreateRoleOutput::builder().role(role()).build());
    let permitted = mock!(Client::put_role_policy)
        .match_requests(|put| put.policy_document() == Some(&*permissions().to_string()))
        .then_output(|| PutRolePolicyOutput::builder().build());
    let done = run(Duration::ZERO, &[&missing, &created, &permitted]).await.unwrap();
    assert!(done.changed);
    assert_eq!(serde_json::to_value(&done.result).unwrap(), json!({ "roleArn": ARN }));
}

#[tokio::test]
async fn up_to_date_role_is_only_read() {
    let found = mock!(Client::get_role).then_output(|| GetRoleOutput::builder().role(role()).build());
    let inline = mock!(Client::get_role_policy).then_output(|| {
        let policy = GetRolePolicyOutput::builder().role_name(ROLE_NAME).policy_name(POLICY_NAME);
        policy.policy_document(permissions().to_string()).build().unwrap()
    });
    let attached =
        mock!(Client::list_attached_role_policies).then_output(|| ListAttachedRolePoliciesOutput::builder().build());
    let done = run(Duration::ZERO, &[&found, &inline, &attached]).await.unwrap();
    assert!(!done.changed);
    assert_eq!(done.result.role_arn, ARN);
}

#[tokio::test]
async fn access_denied_is_retried_while_propagating() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
        let denied = mock!(Client::get_role).then_error(|| GetRoleError::generic(meta("AccessDenied")));
        assert_eq!(run(age, &[&denied]).await.unwrap_err().code(), expected);
    }
}

#[tokio::test]
async fn rejected_trust_is_retried_then_reported() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::InvalidConfiguration)] {
        let missing = mock!(Client::get_role).then_error(|| {
            GetRoleError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta("NoSuchEntity")).build())
        });
        let rejected =
            mock!(Client::create_role).then_error(|| CreateRoleError::generic(meta("MalformedPolicyDocument")));
        let error = run(age, &[&missing, &rejected]).await.unwrap_err();
        assert_eq!(error.code(), expected);
    }
}

#[test]
fn permissions_fit_into_an_inline_policy() {
    let size = permissions().to_string().len();
    assert!(size <= 10_240, "IAM accepts at most 10240 characters: {size}");
}

#[test]
fn trust_policy_names_the_function_role_path() {
    let management: AccountId = "123456789012".parse().unwrap();
    let pattern = "arn:aws:iam::123456789012:role/account-vending/stack/*";
    let statement = &trust_policy(&management, pattern)["Statement"][0];
    assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::123456789012:root");
    assert_eq!(statement["Condition"]["ArnLike"]["aws:PrincipalArn"], pattern);
}

#[test]
fn role_cannot_change_itself_or_create_users() {
    let policy = permissions().to_string();
    for never in
        ["iam:*", "iam:CreateUser", "iam:CreateAccessKey", "role/account-vending/*\"", "\"*:*\"", "iam:PutRolePolicy"]
    {
        assert!(!policy.contains(never), "{never} in {policy}");
    }
}

#[test]
fn inaccessible_account_gets_a_remedy() {
    let denied = StepError::new(ErrorCode::AccessDenied, "could not assume the role");
    let error = step().no_assumable_role(denied, &account());
    let remedy = error.remedy();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    assert!(remedy.contains("create-role --role-name OrganizationAccountAccessRole"), "{remedy}");
    let trust = &remedy[remedy.find('{').unwrap()..=remedy.rfind('}').unwrap()];
    let trust: Value = serde_json::from_str(trust).unwrap();
    assert_eq!(trust["Statement"][0]["Principal"]["AWS"], "arn:aws:iam::123456789012:root");
}

#[test]
fn org_access_role_is_editable_if_restricted() {
    let account = account();
    let restricts = |restricts_access_role| {
        let step = BootstrapRole { restricts_access_role, ..step() };
        step.permissions(&account).unwrap().to_string().contains("role/OrganizationAccountAccessRole")
    };
    assert!(restricts(true) && !restricts(false));
}
