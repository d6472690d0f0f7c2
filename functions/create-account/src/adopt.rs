//! An account that came by another road: it is used as it is, and carries our tag from now on.

use vending_core::{AccountKey, Creation, ErrorCode, KEY_TAG, StepError, requested_tags};
use vending_runtime::Done;

use crate::{CreateAccount, Input};

impl CreateAccount {
    /// The door that asks for this has checked who may; here the account has to be the one that the door saw.
    pub(crate) async fn adopt(&self, input: &Input) -> Result<Done<Creation>, StepError> {
        let email = &input.request.account_email;
        let id = input.account_id.as_ref().ok_or_else(|| refused("the request to adopt an account names none"))?;
        let account = self.organization.describe(id).await?;
        let account = account.ok_or_else(|| refused(format!("there is no account {id} in the organization")))?;
        if !account.has_email(email) {
            return Err(refused(format!("account {id} has another email than the request")));
        }
        let key = AccountKey::of(email);
        if account.tags.get(KEY_TAG).is_some_and(|tagged| tagged != key.as_str()) {
            return Err(refused(format!("account {id} carries the tag {KEY_TAG} of another request")));
        }
        let mut tags = requested_tags(&input.request);
        tags.insert(KEY_TAG.to_owned(), key.to_string());
        self.use_tagged(account, &tags).await
    }
}

fn refused(message: impl Into<String>) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, message)
}
