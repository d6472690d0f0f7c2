//! The OUs and accounts of the organization.

use serde_json::{Value, json};

use super::Organization;
use super::errors::Rejection;
use crate::wire::AwsResponse;
use crate::wire::response::error_code;

impl Organization {
    /// Returns `None` if the organization has no such account.
    pub(super) async fn member(&self, id: &str) -> Result<Option<Value>, Rejection> {
        let described = self.upstreams.organizations("DescribeAccount", &json!({"AccountId": id})).await;
        let described = or_missing(described, "AccountNotFoundException")?;
        let account = described.map(|mut described| described["Account"].take()).filter(Value::is_object);
        Ok(account.and_then(|account| self.accounts.shown(account)))
    }
}

/// Returns `None` for the error with this code.
fn or_missing(described: Result<Value, AwsResponse>, code: &str) -> Result<Option<Value>, Rejection> {
    match described {
        Ok(described) => Ok(Some(described)),
        Err(response) if error_code(&response).as_deref() == Some(code) => Ok(None),
        Err(response) => Err(response.into()),
    }
}
