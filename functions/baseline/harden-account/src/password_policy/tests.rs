use aws_sdk_iam::operation::get_account_password_policy::GetAccountPasswordPolicyOutput;
use aws_sdk_iam::operation::update_account_password_policy::{
    UpdateAccountPasswordPolicyInput, UpdateAccountPasswordPolicyOutput,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use vending_core::ErrorCode;

use super::*;
use crate::tests::{assert_each_called_once, xml_error};

/// The policy of the baseline.
pub(crate) fn baseline() -> PasswordPolicy {
    raised(&PasswordPolicy::builder().build())
}

pub(crate) fn found(policy: PasswordPolicy) -> Rule {
    mock!(Client::get_account_password_policy)
        .then_output(move || GetAccountPasswordPolicyOutput::builder().password_policy(policy.clone()).build())
}

pub(crate) fn absent() -> Rule {
    mock!(Client::get_account_password_policy).then_http_response(|| xml_error("NoSuchEntity"))
}

pub(crate) fn put(policy: PasswordPolicy) -> Rule {
    mock!(Client::update_account_password_policy)
        .match_requests(move |request| *request == update(&policy))
        .then_output(|| UpdateAccountPasswordPolicyOutput::builder().build())
}

fn update(policy: &PasswordPolicy) -> UpdateAccountPasswordPolicyInput {
    UpdateAccountPasswordPolicyInput::builder()
        .set_minimum_password_length(policy.minimum_password_length)
        .require_symbols(policy.require_symbols)
        .require_numbers(policy.require_numbers)
        .require_uppercase_characters(policy.require_uppercase_characters)
        .require_lowercase_characters(policy.require_lowercase_characters)
        .allow_users_to_change_password(policy.allow_users_to_change_password)
        .set_max_password_age(policy.max_password_age)
        .set_password_reuse_prevention(policy.password_reuse_prevention)
        .set_hard_expiry(policy.hard_expiry)
        .build()
        .unwrap()
}

async fn converge(rules: &[Rule]) -> Result<Vec<String>, StepError> {
    let client = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
    let changes = Changes::apply();
    let part = AccountPasswordPolicy { client: &client, propagation_end: OffsetDateTime::UNIX_EPOCH };
    let converged = part.converge(&changes).await;
    assert_each_called_once(rules.iter());
    converged.map(|_| changes.into_names())
}

#[test]
fn baseline_matches_the_benchmark() {
    let policy = baseline();
    assert_eq!((policy.minimum_password_length, policy.password_reuse_prevention), (Some(14), Some(24)));
    assert_eq!((policy.max_password_age, policy.hard_expiry), (None, None));
    assert!(policy.require_lowercase_characters && policy.require_uppercase_characters);
    assert!(policy.require_numbers && policy.require_symbols);
    assert!(!policy.allow_users_to_change_password, "the baseline does not grant this permission");
}

#[tokio::test]
async fn each_setting_below_the_baseline_is_raised() {
    type Lower = fn(&mut PasswordPolicy);
    let cases: [Lower; 7] = [
        |policy| policy.minimum_password_length = Some(13),
        |policy| policy.password_reuse_prevention = Some(5),
        |policy| policy.password_reuse_prevention = None,
        |policy| policy.require_lowercase_characters = false,
        |policy| policy.require_numbers = false,
        |policy| policy.require_symbols = false,
        |policy| policy.require_uppercase_characters = false,
    ];
    for (index, lower) in cases.into_iter().enumerate() {
        let mut policy = baseline();
        lower(&mut policy);
        let made = converge(&[found(policy), put(baseline())]).await.unwrap();
        assert_eq!(made, ["raised the password policy"], "case {index}");
    }
}

#[tokio::test]
async fn stricter_settings_are_kept() {
    let mut stricter = baseline();
    stricter.minimum_password_length = Some(20);
    stricter.max_password_age = Some(90);
    stricter.expire_passwords = true;
    stricter.hard_expiry = Some(true);
    stricter.allow_users_to_change_password = true;
    assert!(converge(&[found(stricter.clone())]).await.unwrap().is_empty());

    let mut lowered = stricter.clone();
    lowered.require_symbols = false;
    assert_eq!(converge(&[found(lowered), put(stricter)]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn age_of_zero_days_means_no_expiry() {
    let mut policy = baseline();
    policy.max_password_age = Some(0);
    assert!(converge(&[found(policy.clone())]).await.unwrap().is_empty());
    policy.require_numbers = false;
    assert_eq!(converge(&[found(policy), put(baseline())]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn errors_of_both_calls_are_reported() {
    let get = mock!(Client::get_account_password_policy).then_http_response(|| xml_error("AccessDenied"));
    let error = converge(&[get]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    assert!(error.to_string().starts_with("could not read the password policy"), "{error}");
    let change = mock!(Client::update_account_password_policy).then_http_response(|| xml_error("ServiceFailure"));
    let error = converge(&[absent(), change]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceUnavailable);
}
