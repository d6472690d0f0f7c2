//! The OUs and accounts of the organization.

use serde_json::{Value, json};

use super::Organization;
use super::errors::Rejection;
use crate::sync::lock;
use crate::wire::AwsResponse;
use crate::wire::response::error_code;

/// OUs are nested up to five levels. The limit also ends a cycle in the emulator.
const MAX_LEVELS: usize = 7;

impl Organization {
    /// Returns `None` if the organization has no such account.
    pub(super) async fn member(&self, id: &str) -> Result<Option<Value>, Rejection> {
        let described = self.upstreams.organizations("DescribeAccount", &json!({"AccountId": id})).await;
        let described = or_missing(described, "AccountNotFoundException")?;
        let account = described.map(|mut described| described["Account"].take()).filter(Value::is_object);
        Ok(account.and_then(|account| self.accounts.shown(account)))
    }

    /// Moto could not give this OU the name that it has.
    pub(super) fn named_unit(&self, mut unit: Value) -> Value {
        let id = unit["Id"].as_str().unwrap_or_default();
        let name = lock(&self.governance).unit_names.get(id).cloned();
        if let Some(name) = name {
            unit["Name"] = name.into();
        }
        unit
    }

    /// Returns the IDs from the root to an entity, with both.
    pub(super) async fn path_to(&self, id: &str) -> Result<Vec<String>, AwsResponse> {
        let mut path = vec![id.to_owned()];
        let mut child = id.to_owned();
        while path.len() < MAX_LEVELS && !child.starts_with("r-") {
            let listed = self.upstreams.organizations("ListParents", &json!({"ChildId": child})).await?;
            let Some(parent) = listed["Parents"][0]["Id"].as_str() else { break };
            parent.clone_into(&mut child);
            path.push(parent.to_owned());
        }
        path.reverse();
        Ok(path)
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
