//! IAM Identity Center access to the account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::policy::RequestPolicy;
use super::strings::line;
use crate::object_reader::{DUPLICATE, ObjectReader};
use crate::schema;

/// A permission set of IAM Identity Center for a group or a user in the account.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RawAccessGrant", into = "RawAccessGrant")]
pub struct AccessGrant {
    pub principal: AccessPrincipal,
    /// The name of the permission set.
    pub permission_set: String,
}

/// A group or a user of IAM Identity Center.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AccessPrincipal {
    /// The display name of a group.
    Group(String),
    /// The user name or the email of a user.
    User(String),
}

/// A permission set of IAM Identity Center for a group or a user in the account.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
#[schemars(rename = "AccessGrant", extend("oneOf" = either()))]
struct RawAccessGrant {
    /// The display name of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAXIMUM_GROUP), extend("pattern" = schema::LINE))]
    group: Option<String>,
    /// The user name or the email of a user. Prefer groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAXIMUM_USER), extend("pattern" = schema::WORD))]
    user: Option<String>,
    /// The name of a permission set that the settings allow.
    #[schemars(extend("pattern" = schema::PERMISSION_SET))]
    permission_set: String,
}

pub(super) const MAXIMUM_GRANTS: usize = 20;
const MAXIMUM_GROUP: usize = 1024;
const MAXIMUM_USER: usize = 254;
const EITHER: &str = "must have either a group or a user";

fn either() -> Value {
    let has = |name: &str| json!({ "required": [name], "properties": { name: { "type": "string" } } });
    json!([has("group"), has("user")])
}

pub(super) fn read(fields: &mut ObjectReader<'_>, policy: &RequestPolicy) -> Vec<AccessGrant> {
    let conflict = |one: &AccessGrant, other: &AccessGrant| (one == other).then_some(DUPLICATE);
    fields.objects("access", MAXIMUM_GRANTS, conflict, |grant| {
        let group = grant.optional("group", group_name);
        let user = grant.optional("user", user);
        let permission_set = grant.required("permissionSet", |text| permission_set(text, policy));
        if grant.has("group") == grant.has("user") {
            grant.problem_at(&[], EITHER);
            return None;
        }
        let principal = group.map(AccessPrincipal::Group).or(user.map(AccessPrincipal::User))?;
        Some(AccessGrant { principal, permission_set: permission_set? })
    })
}

fn user(text: &str) -> Result<String, String> {
    let fits = (1..=MAXIMUM_USER).contains(&text.chars().count())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if fits { Ok(text.to_owned()) } else { Err(format!("must have 1 to {MAXIMUM_USER} characters and no spaces")) }
}

fn permission_set(text: &str, policy: &RequestPolicy) -> Result<String, String> {
    let name = permission_set_name(text)?;
    policy.permission_set(text)?;
    Ok(name)
}

/// Parses the display name of a group of IAM Identity Center.
pub fn group_name(text: &str) -> Result<String, String> {
    line(text, MAXIMUM_GROUP)
}

/// Parses the name of a permission set.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
pub fn permission_set_name(text: &str) -> Result<String, String> {
    let fits = (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if !fits {
        return Err("must be the name of a permission set: 1 to 32 letters, digits, and _ + = , . @ -".to_owned());
    }
    Ok(text.to_owned())
}

impl From<AccessGrant> for RawAccessGrant {
    fn from(grant: AccessGrant) -> Self {
        let (group, user) = match grant.principal {
            AccessPrincipal::Group(name) => (Some(name), None),
            AccessPrincipal::User(name) => (None, Some(name)),
        };
        Self { group, user, permission_set: grant.permission_set }
    }
}

impl TryFrom<RawAccessGrant> for AccessGrant {
    type Error = &'static str;
    fn try_from(raw: RawAccessGrant) -> Result<Self, Self::Error> {
        let principal = match (raw.group, raw.user) {
            (Some(name), None) => AccessPrincipal::Group(name),
            (None, Some(name)) => AccessPrincipal::User(name),
            _ => return Err(EITHER),
        };
        Ok(Self { principal, permission_set: raw.permission_set })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grant_survives_a_round_trip() {
        let requested = json!([
            { "group": "developers", "permissionSet": "PowerUserAccess" },
            { "user": "jo@example.com", "permissionSet": "ReadOnlyAccess" }
        ]);
        let grants: Vec<AccessGrant> = serde_json::from_value(requested.clone()).unwrap();
        assert_eq!(grants[0].principal, AccessPrincipal::Group("developers".to_owned()));
        assert_eq!(grants[1].principal, AccessPrincipal::User("jo@example.com".to_owned()));
        assert_eq!(serde_json::to_value(grants).unwrap(), requested);
        for wrong in [json!({ "permissionSet": "A" }), json!({ "group": "g", "user": "u", "permissionSet": "A" })] {
            let error = serde_json::from_value::<AccessGrant>(wrong).unwrap_err().to_string();
            assert_eq!(error, EITHER);
        }
    }
}
