//! The account request: what anybody may ask for, and what is wrong with what they asked.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields::{Fields, kind};
use crate::id::{EmailAddress, OrganizationalUnitPath};
use crate::schema;
use crate::tags::tag_problem;

/// A request for one account, checked: every door turns what it got into this.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountRequest {
    /// The account's name in the organization, 1 to 50 characters.
    #[schemars(length(min = 1, max = 50), extend("pattern" = schema::ACCOUNT_NAME))]
    pub account_name: String,
    /// The email of the account's root user; derived from the stack's email pattern when left out.
    pub account_email: EmailAddress,
    /// The names of the OUs from the root down, joined by `/`.
    pub organizational_unit: OrganizationalUnitPath,
    /// The email of whoever answers for the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EmailAddress>,
    /// Why the account is wanted, up to 500 characters; kept in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAXIMUM_REASON))]
    pub reason: Option<String>,
    /// Tags of the account, at most 40.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend(
        "maxProperties" = MAXIMUM_TAGS,
        "propertyNames" = schema::tag_key(),
        "additionalProperties" = schema::tag_value()
    ))]
    pub tags: BTreeMap<String, String>,
}

/// What a stack allows requests to ask for.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// `{accountName}` in it stands for the account's name in lower case.
    pub email_pattern: String,
    /// Paths that accounts may be vended below; `*` allows all.
    pub allowed_organizational_units: Vec<String>,
    /// Paths that accounts are never vended below.
    pub protected_organizational_units: Vec<String>,
}

/// One thing that is wrong with a request, and where.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// JSON pointer (RFC 6901) of the field; empty for the whole body.
    pub pointer: String,
    /// What would be right, readable after the field's name.
    pub detail: String,
}

impl Problem {
    pub fn at(path: &[&str], detail: impl Into<String>) -> Self {
        let escape = |name: &&str| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Self { pointer: path.iter().map(escape).collect(), detail: detail.into() }
    }
}

pub(crate) const MAXIMUM_TAGS: usize = 40;
pub(crate) const MAXIMUM_REASON: usize = 500;

impl AccountRequest {
    /// Reads a request from JSON, or answers everything that is wrong with it.
    pub fn parse(body: &Value, bounds: &Bounds) -> Result<Self, Vec<Problem>> {
        let Value::Object(map) = body else {
            let detail = format!("must be a JSON object, not {}", kind(body));
            return Err(vec![Problem::at(&[], detail)]);
        };
        let mut fields = Fields::new(map);
        let account_name = fields.required("accountName", account_name);
        let given_email = fields.optional("accountEmail", email);
        let organizational_unit = fields.required("organizationalUnit", |text| bounds.organizational_unit(text));
        let owner = fields.optional("owner", email);
        let reason = fields.optional("reason", reason);
        let tags = tags(&mut fields);
        let derived = match (&account_name, map.get("accountEmail")) {
            (Some(name), None | Some(Value::Null)) => {
                bounds.derive_email(name).map_err(|detail| fields.problem("accountEmail", detail)).ok()
            }
            _ => None,
        };
        let problems = fields.finish();
        match (account_name, given_email.or(derived), organizational_unit) {
            (Some(account_name), Some(account_email), Some(organizational_unit)) if problems.is_empty() => {
                Ok(Self { account_name, account_email, organizational_unit, owner, reason, tags })
            }
            _ => Err(problems),
        }
    }
}

impl Bounds {
    /// Why accounts may not be vended into an OU, if so.
    pub fn refusal(&self, path: &OrganizationalUnitPath) -> Option<String> {
        let within = |list: &[String]| list.iter().any(|entry| entry == "*" || path.is_within(entry));
        if within(&self.protected_organizational_units) {
            let list = self.protected_organizational_units.join(", ");
            return Some(format!("must not be in a protected organizational unit ({list})"));
        }
        if !within(&self.allowed_organizational_units) {
            let list = self.allowed_organizational_units.join(", ");
            return Some(format!("must be one of, or below: {list}"));
        }
        None
    }

    fn organizational_unit(&self, text: &str) -> Result<OrganizationalUnitPath, String> {
        let path: OrganizationalUnitPath = text.parse().map_err(|e| format!("{e}"))?;
        match self.refusal(&path) {
            Some(detail) => Err(detail),
            None => Ok(path),
        }
    }

    fn derive_email(&self, account_name: &str) -> Result<EmailAddress, String> {
        let mailbox = account_name.to_ascii_lowercase().replace(' ', "-");
        let derived = self.email_pattern.replace("{accountName}", &mailbox);
        derived.parse().map_err(|error| {
            format!(
                "was left out, and the email derived from accountName {error}; give accountEmail or another accountName"
            )
        })
    }
}

/// The intersection of what CreateAccount and PutAccountName accept, so that a name can be put again later.
fn account_name(text: &str) -> Result<String, String> {
    let fits = (1..=50).contains(&text.len())
        && text.trim() == text
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'>'));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must have 1 to 50 printable ASCII characters other than < and >, and no space at either end".to_owned())
    }
}

pub(crate) fn email(text: &str) -> Result<EmailAddress, String> {
    text.parse().map_err(|error| format!("{error}"))
}

pub(crate) fn tags(fields: &mut Fields<'_>) -> BTreeMap<String, String> {
    let tags: BTreeMap<_, _> = fields.texts("tags", tag_problem).into_iter().collect();
    if tags.len() > MAXIMUM_TAGS {
        fields.problem("tags", format!("must be at most {MAXIMUM_TAGS} tags"));
    }
    tags
}

pub(crate) fn reason(text: &str) -> Result<String, String> {
    if text.chars().count() <= MAXIMUM_REASON {
        Ok(text.to_owned())
    } else {
        Err(format!("must have at most {MAXIMUM_REASON} characters"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bounds() -> Bounds {
        Bounds {
            email_pattern: "aws+{accountName}@example.com".to_owned(),
            allowed_organizational_units: vec!["*".to_owned()],
            protected_organizational_units: vec!["Security".to_owned()],
        }
    }

    fn problems(body: &Value) -> Vec<(String, String)> {
        AccountRequest::parse(body, &bounds())
            .expect_err("must be refused")
            .into_iter()
            .map(|problem| (problem.pointer, problem.detail))
            .collect()
    }

    #[test]
    fn the_email_is_derived_from_the_name() {
        let body = json!({ "accountName": "Payments Dev", "organizationalUnit": "Workloads" });
        let request = AccountRequest::parse(&body, &bounds()).unwrap();
        assert_eq!(request.account_email.as_str(), "aws+payments-dev@example.com");
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let body = json!({
            "accountName": "x".repeat(51),
            "accountEmail": "quo\"te@example.com",
            "organizationalUnit": "Workloads/../Security",
            "owner": 7,
            "colour": "red",
            "tags": { "aws:x": "1", "a/b": 2 },
        });
        let mut pointers: Vec<String> = problems(&body).into_iter().map(|(at, _)| at).collect();
        pointers.sort();
        assert_eq!(
            pointers,
            ["/accountEmail", "/accountName", "/colour", "/organizationalUnit", "/owner", "/tags/aws:x", "/tags/a~1b"]
        );
    }

    #[test]
    fn what_is_missing_and_what_is_unknown_is_named() {
        let found = problems(&json!({ "role": "Admin" }));
        assert_eq!(found[0], ("/accountName".into(), "is required".into()));
        assert_eq!(found[1], ("/organizationalUnit".into(), "is required".into()));
        assert!(found[2].1.contains("the fields are accountName, accountEmail"));
        assert_eq!(problems(&json!([]))[0].1, "must be a JSON object, not an array");
    }

    #[test]
    fn a_name_that_makes_no_email_asks_for_one() {
        let body = json!({ "accountName": "R&D", "organizationalUnit": "Workloads" });
        let found = problems(&body);
        assert_eq!(found[0].0, "/accountEmail");
        assert!(found[0].1.contains("give accountEmail"), "{}", found[0].1);
    }

    #[test]
    fn organizational_units_are_bounded_by_the_stack() {
        let protected = json!({ "accountName": "a", "organizationalUnit": "security/Audit" });
        assert!(problems(&protected)[0].1.contains("protected"));
        let mut only_sandbox = bounds();
        only_sandbox.allowed_organizational_units = vec!["Sandbox".to_owned()];
        let body = json!({ "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Workloads" });
        let found = AccountRequest::parse(&body, &only_sandbox).unwrap_err();
        assert_eq!(found[0].detail, "must be one of, or below: Sandbox");
    }
}
