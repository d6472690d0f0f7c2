//! The root, OUs, and accounts of the organization, as targets of policies.

use serde_json::{Value, json};

use super::Organization;
use super::enabling::root;
use super::errors::{Rejection, error, invalid};
use crate::sync::lock;
use crate::wire::AwsResponse;
use crate::wire::response::error_code;

/// OUs are nested up to five levels. The limit also ends a cycle in the emulator.
const MAX_LEVELS: usize = 7;

pub(super) enum Kind {
    Root,
    Unit,
    Account,
}

/// Returns `None` for an ID in another format.
pub(super) fn kind(id: &str) -> Option<Kind> {
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match id.split('-').collect::<Vec<_>>()[..] {
        ["r", root] if root.len() >= 4 && is_word(root) => Some(Kind::Root),
        ["ou", root, unit] if root.len() >= 4 && unit.len() >= 8 && is_word(root) && is_word(unit) => Some(Kind::Unit),
        [account] if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => Some(Kind::Account),
        _ => None,
    }
}

impl Organization {
    /// Returns an entity as ListTargetsForPolicy shows it.
    pub(super) async fn target(&self, id: &str) -> Result<Value, Rejection> {
        let Some(kind) = kind(id) else {
            let message = "You specified a policy target ID that doesn't match the required pattern.";
            return Err(invalid("INVALID_PATTERN_TARGET_ID", message).into());
        };
        let (kind, entity) = match kind {
            Kind::Root => ("ROOT", self.root(id).await),
            Kind::Unit => ("ORGANIZATIONAL_UNIT", self.unit(id).await),
            Kind::Account => ("ACCOUNT", self.member(id).await),
        };
        match entity? {
            Some(entity) => {
                Ok(json!({"TargetId": entity["Id"], "Arn": entity["Arn"], "Name": entity["Name"], "Type": kind}))
            }
            None => Err(error("TargetNotFoundException", "You specified a target that doesn't exist.").into()),
        }
    }

    async fn root(&self, id: &str) -> Result<Option<Value>, Rejection> {
        Ok(Some(root(&self.upstreams).await?).filter(|root| root["Id"] == id))
    }

    /// Returns `None` if the organization has no such OU.
    async fn unit(&self, id: &str) -> Result<Option<Value>, Rejection> {
        let parameters = json!({"OrganizationalUnitId": id});
        let described = self.upstreams.organizations("DescribeOrganizationalUnit", &parameters).await;
        let described = or_missing(described, "OrganizationalUnitNotFoundException")?;
        Ok(described.map(|mut described| self.named_unit(described["OrganizationalUnit"].take())))
    }

    /// Returns `None` if the organization has no such account.
    pub(super) async fn member(&self, id: &str) -> Result<Option<Value>, Rejection> {
        let described = self.upstreams.organizations("DescribeAccount", &json!({"AccountId": id})).await;
        let described = or_missing(described, "AccountNotFoundException")?;
        let account = described.map(|mut described| described["Account"].take()).filter(Value::is_object);
        Ok(account.and_then(|account| self.accounts.shown(account)))
    }

    /// moto could not give this OU the name that it has.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_formats_of_aws() {
        assert!(matches!(kind("r-ab12"), Some(Kind::Root)));
        assert!(matches!(kind("ou-ab12-11111111"), Some(Kind::Unit)));
        assert!(matches!(kind("111111111111"), Some(Kind::Account)));
        for other in ["", "r-1", "R-ab12", "ou-ab12", "ou-ab12-1", "ou-ab12-1111111_", "11111111111", "p-11111111"] {
            assert!(kind(other).is_none(), "{other}");
        }
    }
}
