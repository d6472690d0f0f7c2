//! An account as a member of one service in one region.

use std::future::Future;

use time::OffsetDateTime;
use tokio::sync::OnceCell;
use vending_core::{AccountId, BaselineInput, EmailAddress, StepError};
use vending_runtime::Changes;

use crate::refusal::reason;
use crate::watch::Found;

/// The account that is to be a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newcomer<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) email: &'a EmailAddress,
    pub(crate) ready_by: OffsetDateTime,
}

impl<'a> Newcomer<'a> {
    pub(crate) fn of(input: &'a BaselineInput) -> Self {
        Self { account: &input.account_id, email: &input.request.account_email, ready_by: input.ready_by() }
    }
}

/// A service that watches the members of its administrator, region by region.
pub(crate) trait Service: Send + Sync {
    const NAME: &'static str;

    /// How the account stands as a member, in the service's words; none, of an account that is no member.
    fn status(&self, newcomer: Newcomer<'_>) -> impl Future<Output = Result<Option<String>, StepError>> + Send;

    /// Makes it a member. An account of the organization needs no invitation.
    fn add(&self, newcomer: Newcomer<'_>) -> impl Future<Output = Result<(), StepError>> + Send;
}

#[derive(Debug)]
pub(crate) struct Enrolment<S> {
    pub(crate) service: S,
    /// What is missing, if anything is; found out once in a run, since the service's answer tells how the account stands.
    missing: OnceCell<Option<String>>,
}

impl<S: Service> Enrolment<S> {
    pub(crate) fn new(service: S) -> Self {
        Self { service, missing: OnceCell::new() }
    }

    pub(crate) async fn converge(
        &self,
        region: &str,
        newcomer: Newcomer<'_>,
        changes: &Changes,
    ) -> Result<Found, StepError> {
        let missing = self.missing.get_or_try_init(|| async {
            let found = self.look_and_add(region, newcomer, changes).await;
            found.or_else(|error| reason(error, newcomer.ready_by).map(Some))
        });
        Ok(Found { service: S::NAME, missing: missing.await?.clone() })
    }

    /// Answers what is missing, if anything is.
    async fn look_and_add(
        &self,
        region: &str,
        newcomer: Newcomer<'_>,
        changes: &Changes,
    ) -> Result<Option<String>, StepError> {
        let status = self.service.status(newcomer).await?;
        // `Enabled` in the documentation of both; Security Hub has also written it in capitals.
        if status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("Enabled")) {
            return Ok(None);
        }
        let mut is_added = false;
        let change = async {
            self.service.add(newcomer).await?;
            is_added = true;
            Ok(())
        };
        changes.make(format!("made the account a member of {} in {region}", S::NAME), change).await?;
        Ok(Some(match status {
            // The service took it. From here on it only takes its time.
            _ if is_added => "the account is taken as a member and is being enabled".to_owned(),
            Some(status) => format!("the account is {status}, not Enabled"),
            None => "the account is not a member".to_owned(),
        }))
    }
}
