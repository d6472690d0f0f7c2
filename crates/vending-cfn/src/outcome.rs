//! The response to CloudFormation from the outcome of a request.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use vending_core::{ErrorCode, Failure, Outcome, RequestId, RequestRecord, VendedAccount};

use crate::{FailureReason, Response};

/// The response from a record, or `None` if its request has not ended.
pub(crate) fn response(record: &RequestRecord) -> Option<Response> {
    let id = &record.request_id;
    Some(match record.outcome.as_ref()? {
        Outcome { failure: Some(failure), .. } => Response::Failed(reason(id, failure)),
        Outcome { account: Some(account), .. } => Response::Success(attributes(id, account)),
        Outcome { .. } => Response::Failed(FailureReason {
            message: format!("request {id} ended, but its account was not found in the organization"),
            remedy: ErrorCode::Unexpected.remedy().to_owned(),
        }),
    })
}

fn reason(id: &RequestId, failure: &Failure) -> FailureReason {
    let Failure { step, code, message, remedy, .. } = failure;
    FailureReason { message: format!("request {id} failed at {step}: {code}: {message}"), remedy: remedy.clone() }
}

/// The attributes of a `Custom::Account`, which `Fn::GetAtt` returns.
pub fn attributes(id: &RequestId, account: &VendedAccount) -> BTreeMap<&'static str, String> {
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

/// The link to switch to the engineers' role, or the sign-in page of the account if it has no such role.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html>
fn console_url(account: &VendedAccount) -> String {
    let id = &account.id;
    let role = account.engineer_role_arn.as_deref().and_then(|arn| arn.split_once(":role/"));
    match role {
        Some((_, role)) => format!(
            "https://signin.aws.amazon.com/switchrole?account={id}&roleName={}&displayName={}",
            percent_encode(role),
            percent_encode(&account.name)
        ),
        None => format!("https://{id}.signin.aws.amazon.com/console"),
    }
}

/// The characters to encode in a query: all but the unreserved ones.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{failed, record, vended};

    #[test]
    fn running_request_has_no_response() {
        assert_eq!(response(&record()), None);
    }

    #[test]
    fn vended_account_has_a_console_url() {
        let Some(Response::Success(data)) = response(&vended()) else { panic!("no success") };
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
    fn account_without_role_has_a_sign_in_page() {
        let account = VendedAccount { id: "222222222222".to_owned(), ..VendedAccount::default() };
        assert_eq!(console_url(&account), "https://222222222222.signin.aws.amazon.com/console");
    }

    #[test]
    fn failure_has_request_step_cause_and_remedy() {
        let Some(Response::Failed(reason)) = response(&failed()) else { panic!("no failure") };
        let id = record().request_id;
        assert_eq!(reason.message, format!("request {id} failed at EnableConfig: AccessDenied: denied"));
        assert_eq!(reason.remedy, "allow it");
    }

    #[test]
    fn outcome_without_an_account_is_a_failure() {
        let mut record = vended();
        record.outcome.as_mut().unwrap().account = None;
        assert!(matches!(response(&record), Some(Response::Failed(_))));
    }
}
