//! Enrolls the account in one service in one Region.

use std::future::Future;

use time::OffsetDateTime;
use vending_core::{AccountId, BaselineInput, EmailAddress, StepError};
use vending_runtime::Changes;

use crate::errors::reason;

/// The account to enroll as a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) email: &'a EmailAddress,
    pub(crate) propagation_end: OffsetDateTime,
}

impl<'a> Member<'a> {
    pub(crate) fn new(input: &'a BaselineInput) -> Self {
        Self {
            account: &input.account_id,
            email: &input.request.account_email,
            propagation_end: input.propagation_end(),
        }
    }
}

/// The enrollment in one service in one Region.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct EnrollmentStatus {
    pub(crate) service: &'static str,
    /// Why the account is not enrolled, or `None` if it is.
    pub(crate) missing: Option<String>,
}

/// A security service with member accounts in each Region.
pub(crate) trait Service: Send + Sync {
    const NAME: &'static str;

    /// The member status that the service returns, or `None` if the account is not a member.
    fn status(&self, member: Member<'_>) -> impl Future<Output = Result<Option<String>, StepError>> + Send;

    /// Adds the account as a member. An account of the organization needs no invitation.
    fn add(&self, member: Member<'_>) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// Enrolls the account in a service. An error that does not fail the vend is the reason why it is not enrolled.
pub(crate) async fn enroll<S: Service>(
    service: &S,
    region: &str,
    member: Member<'_>,
    changes: &Changes,
) -> Result<EnrollmentStatus, StepError> {
    let part = format!("{} in {region}", S::NAME);
    let missing = async |changes| {
        let missing = add_if_missing(service, region, member, &changes).await;
        missing.or_else(|error| reason(error, member.propagation_end).map(Some))
    };
    Ok(EnrollmentStatus { service: S::NAME, missing: changes.part(part, missing).await? })
}

/// Returns what is missing, if anything.
async fn add_if_missing<S: Service>(
    service: &S,
    region: &str,
    member: Member<'_>,
    changes: &Changes,
) -> Result<Option<String>, StepError> {
    let status = service.status(member).await?;
    // Both services document `Enabled`. Security Hub has also returned it in uppercase.
    if status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("Enabled")) {
        return Ok(None);
    }
    // The service has accepted the account when it responds, and needs some time to enable it.
    let addition = async {
        service.add(member).await?;
        Ok(Some("the account was added as a member and is being enabled".to_owned()))
    };
    let name = format!("added the account as a member of {} in {region}", S::NAME);
    let being_enabled = changes.make_confirmed(name, addition).await?;
    Ok(being_enabled.or_else(|| Some(not_enabled(status.as_deref()))))
}

fn not_enabled(status: Option<&str>) -> String {
    match status {
        Some(status) => format!("the member status is {status}, not Enabled"),
        None => "the account is not a member".to_owned(),
    }
}
