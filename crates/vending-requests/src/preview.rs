//! What a request would do, for plans.

use schemars::JsonSchema;
use serde::Serialize;
use vending_core::{AccountKey, AccountRequest, RequestId, RequestRecord, Requester, StepError};
use vending_organization::unusable_state;

use crate::Requests;
use crate::attempt::{account_id, certainly_has_no_account};
use crate::resubmission::{Previous, Resubmission, decide};

/// What a request would do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// POST /accounts would create an account.
    Create,
    /// PUT /accounts/{accountId} would change the account.
    Change,
    /// The last attempt failed; POST /accounts would continue where it stopped.
    Resume,
    /// The last attempt has not ended.
    Wait,
    /// The account exists with these settings.
    None,
    /// The request would be rejected, or its vend would fail.
    Refuse,
}

/// What a request would do, and why it cannot be done, if so.
#[derive(Debug)]
pub struct Preview {
    pub action: Action,
    /// The ID that the request would have.
    pub request_id: RequestId,
    pub reason: Option<String>,
}

impl Requests {
    /// What submitting a request after this attempt, the last one for its email, would do.
    ///
    /// The state of the account is taken from its record, so this calls AWS Organizations not at all, and Step Functions
    /// only if the last attempt has not ended.
    pub async fn preview(
        &self,
        previous: Option<&RequestRecord>,
        request: &AccountRequest,
        requester: &Requester,
    ) -> Result<Preview, StepError> {
        let Some(record) = previous else {
            let request_id = RequestId::new(AccountKey::from_email(&request.account_email), 1);
            return Ok(Preview { action: Action::Create, request_id, reason: None });
        };
        let last = Previous {
            record,
            state: self.attempt_state(record).await?,
            unusable_reason: self.recorded_unusable_reason(record).await?,
            is_abandoned: false,
        };
        let (current, next) = (record.request_id.clone(), record.request_id.next());
        let (action, request_id, reason) = match decide(&last, request, requester) {
            Resubmission::Join | Resubmission::Start => (Action::Wait, current, None),
            Resubmission::Wait(why) => (Action::Wait, current, Some(why)),
            Resubmission::Show => (Action::None, current, None),
            Resubmission::Change => (Action::Change, next, None),
            Resubmission::TryAgain(_) if certainly_has_no_account(record) => (Action::Create, next, None),
            Resubmission::TryAgain(_) => (Action::Resume, next, None),
            Resubmission::Reject(why) => (Action::Refuse, current, Some(why)),
        };
        Ok(Preview { action, request_id, reason })
    }

    /// Why the account of an attempt cannot be used, from the state in its record.
    async fn recorded_unusable_reason(&self, record: &RequestRecord) -> Result<Option<String>, StepError> {
        let Some(id) = account_id(record) else { return Ok(None) };
        let account = self.accounts().get(&id).await?;
        Ok(account.and_then(|account| unusable_state(&id, account.state)))
    }
}
