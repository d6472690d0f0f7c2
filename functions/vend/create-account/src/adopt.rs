//! Adopts an account that was created outside account-vending: uses the account and tags it.

use vending_core::{AccountId, Creation, DEPLOYMENT_TAG, ErrorCode, KEY_TAG, RequestRecord, StepError};
use vending_records::ValidatedRequest;
use vending_runtime::StepOutcome;

use crate::CreateAccount;

impl CreateAccount {
    /// Whether to adopt the account. An adoption happens once. Later, the account is a recorded account like any other:
    /// if it returns to the organization without its tags, only operators can adopt it again.
    pub(crate) async fn is_to_adopt(&self, account: &AccountId, record: &RequestRecord) -> Result<bool, StepError> {
        if !record.adopt || record.by_operator {
            return Ok(record.adopt);
        }
        let recorded = self.accounts.get(account).await?;
        Ok(recorded.is_none_or(|recorded| recorded.request_id == record.request_id))
    }

    /// The entry point has checked who may adopt the account. Here, the account must still be the one that the entry
    /// point checked. Only operators can replace the tags of an unknown request or of another deployment.
    pub(crate) async fn adopt(
        &self,
        id: &AccountId,
        request: &ValidatedRequest,
    ) -> Result<StepOutcome<Creation>, StepError> {
        let record = &request.record;
        let account = self.organization.describe(id).await?;
        let account = account.ok_or_else(|| rejected(format!("there is no account {id} in the organization")))?;
        let provenance = self.provenance(record);
        let other = account.tags.get(DEPLOYMENT_TAG).filter(|tagged| **tagged != self.deployment);
        if let Some(other) = other.filter(|other| record.adopted_from.as_ref() != Some(other)) {
            return Err(rejected(format!("account {id} belongs to the deployment {other}")).with_remedy(
                "ask an operator to transfer it with POST /accounts/{accountId}/adoption, with that name as `deployment`",
            ));
        }
        let is_tagged = account.tags.contains_key(KEY_TAG) && !provenance.matches(&account.tags);
        if is_tagged && !record.by_operator {
            return Err(rejected(format!(
                "account {id} has the tags of another request; only an operator can adopt it"
            )));
        }
        self.use_account(account, provenance.tags(), request).await
    }
}

fn rejected(message: impl Into<String>) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, message)
}
