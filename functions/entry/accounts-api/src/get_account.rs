//! `GET /accounts/{accountId}`: the record of an account, and its state in AWS.

use aws_lambda_events::http::StatusCode;
use time::OffsetDateTime;
use vending_api::{ApiError, Response, json};
use vending_core::{AccountId, AccountRecord};

use crate::AccountsApi;

impl AccountsApi {
    pub(crate) async fn get_account(&self, id: &str) -> Result<Response, ApiError> {
        let record = self.recorded_account(id).await?;
        Ok(json(StatusCode::OK, &self.with_current_state(record).await)?)
    }

    /// The record of the account in a path.
    pub(crate) async fn recorded_account(&self, id: &str) -> Result<AccountRecord, ApiError> {
        let parsed: AccountId = id.parse().map_err(|_| account_not_found(id))?;
        self.requests.accounts().get(&parsed).await?.ok_or_else(|| account_not_found(id))
    }

    /// The record with the state that AWS returns. If AWS returns none, the record keeps the state that was last seen.
    async fn with_current_state(&self, record: AccountRecord) -> AccountRecord {
        match self.settings.units().organization().account_state(&record.account_id).await {
            Ok(Some(state)) => record.with_state(state, OffsetDateTime::now_utc()),
            Ok(None) => record,
            Err(error) => {
                tracing::warn!(code = %error.code(), "could not read the state of the account: {error}");
                record
            }
        }
    }
}

pub(crate) fn account_not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no record of an account `{id}`"))
}
