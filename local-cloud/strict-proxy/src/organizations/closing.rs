//! CloseAccount takes time, and the number of closures is limited.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html>

use std::time::Duration;

use local_cloud::strict::AccountState;
use serde_json::json;

use super::Organization;
use super::errors::violation;
use crate::sync::lock;
use crate::wire::response::error_code;
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

impl Organization {
    pub(super) async fn close_account(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
    ) -> AwsResponse {
        let id = request.string("AccountId").unwrap_or_default();
        if let Some(error) = self.closing_error(id) {
            return response::error(request, &error);
        }
        let forwarded = forward.await;
        // moto does not know that AWS Support has reopened an account.
        let is_reopened = error_code(&forwarded).as_deref() == Some("AccountAlreadyClosedException")
            && self.accounts.changed_state(id) == Some(AccountState::Active);
        if !forwarded.status().is_success() && !is_reopened {
            return forwarded;
        }
        let mut closing = lock(&self.closing);
        closing.start(self.clock.now());
        self.accounts.close(id, Duration::from_millis(closing.settings.pending_millis));
        response::ok(&json!({}))
    }

    /// Accounts that a test has closed are open in moto.
    fn closing_error(&self, id: &str) -> Option<AwsError> {
        if id == self.management_account {
            let message = "You attempted to close the management account.";
            return Some(violation("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", message));
        }
        match self.accounts.changed_state(id) {
            Some(AccountState::PendingClosure) => {
                let message = "The request failed because it conflicts with the current state of the account.";
                return Some(AwsError::new(400, "ConflictException", message));
            }
            Some(AccountState::Closed) => {
                let message = "You attempted to close an account that is already closed.";
                return Some(AwsError::new(400, "AccountAlreadyClosedException", message));
            }
            _ => {}
        }
        self.closing_limit()
    }

    fn closing_limit(&self) -> Option<AwsError> {
        let mut closing = lock(&self.closing);
        if closing.settings.max_pending.is_some_and(|limit| self.accounts.pending_closures() >= limit) {
            let message = "You attempted to exceed the number of accounts that you can close at a time.";
            return Some(violation("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED", message));
        }
        let started = closing.started_recently(self.clock.now());
        let is_exceeded = closing.settings.max_in_30_days.is_some_and(|limit| started >= limit);
        let message = "You have exceeded close account quota for the past 30 days.";
        is_exceeded.then(|| violation("CLOSE_ACCOUNT_QUOTA_EXCEEDED", message))
    }
}
