//! How a request ended, as CloudFormation is told it.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use vending_core::{Account, ErrorCode, Failure, Outcome, RequestId, RequestRecord};

use crate::{Answer, Reason};

/// The answer that a record holds; none while its request has not ended.
pub(crate) fn answer(record: &RequestRecord) -> Option<Answer> {
    let id = &record.request_id;
    Some(match record.outcome.as_ref()? {
        Outcome { failure: Some(failure), .. } => Answer::Failed(reason(id, failure)),
        Outcome { account: Some(account), .. } => Answer::Success(attributes(id, account)),
        Outcome { .. } => Answer::Failed(Reason {
            what: format!("request {id} ended, but its account was not found in the organization"),
            remedy: ErrorCode::Unexpected.remedy().to_owned(),
        }),
    })
}

fn reason(id: &RequestId, failure: &Failure) -> Reason {
    let Failure { step, code, message, remedy, .. } = failure;
    Reason { what: format!("request {id} failed at {step}: {code}: {message}"), remedy: remedy.clone() }
}

/// What `Fn::GetAtt` shows of a `Custom::Account`.
pub fn attributes(id: &RequestId, account: &Account) -> BTreeMap<&'static str, String> {
    let or_empty = |arn: &Option<String>| arn.clone().unwrap_or_default();
    [
        ("AccountId", account.id.clone()),
        ("AccountName", account.name.clone()),
        ("AccountEmail", account.email.clone()),
        ("OrganizationalUnit", account.organizational_unit.clone()),
        ("RequestId", id.to_string()),
        ("VendingRoleArn", or_empty(&account.vending_role_arn)),
        ("EngineerRoleArn", or_empty(&account.engineer_role_arn)),
        ("ConsoleUrl", console_url(account)),
    ]
    .into()
}

/// The link that switches to the engineers' role, or the account's own sign-in page where there is no such role.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html>
fn console_url(account: &Account) -> String {
    let id = &account.id;
    let role = account.engineer_role_arn.as_deref().and_then(|arn| arn.split_once(":role/"));
    match role {
        Some((_, role)) => format!(
            "https://signin.aws.amazon.com/switchrole?account={id}&roleName={}&displayName={}",
            encoded(role),
            encoded(&account.name)
        ),
        None => format!("https://{id}.signin.aws.amazon.com/console"),
    }
}

/// What a query may have as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{failed, record, vended};

    #[test]
    fn a_request_that_has_not_ended_has_no_answer() {
        assert_eq!(answer(&record()), None);
    }

    #[test]
    fn a_vended_account_is_shown_with_a_way_in() {
        let Some(Answer::Success(data)) = answer(&vended()) else { panic!("a success") };
        assert_eq!(data["AccountId"], "222222222222");
        assert_eq!(data["AccountEmail"], "pay@example.com");
        assert_eq!(data["RequestId"], record().request_id.to_string());
        assert_eq!(data["VendingRoleArn"], "");
        assert_eq!(
            data["ConsoleUrl"],
            "https://signin.aws.amazon.com/switchrole?account=222222222222&roleName=account-vending%2Faccess%2FEngineer&displayName=pay%20%26%20more"
        );
    }

    #[test]
    fn without_an_engineers_role_the_way_in_is_the_sign_in_page() {
        let account = Account { id: "222222222222".to_owned(), ..Account::default() };
        assert_eq!(console_url(&account), "https://222222222222.signin.aws.amazon.com/console");
    }

    #[test]
    fn a_failure_names_request_step_cause_and_remedy() {
        let Some(Answer::Failed(reason)) = answer(&failed()) else { panic!("a failure") };
        let id = record().request_id;
        assert_eq!(reason.what, format!("request {id} failed at EnableConfig: AccessDenied: denied"));
        assert_eq!(reason.remedy, "allow it");
    }

    #[test]
    fn an_end_without_an_account_is_no_success() {
        let mut record = vended();
        record.outcome.as_mut().unwrap().account = None;
        assert!(matches!(answer(&record), Some(Answer::Failed(_))));
    }
}
