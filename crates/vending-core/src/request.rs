//! The account request: what anybody may ask for, and what is wrong with what they asked.

mod access;
mod bounds;
mod contacts;
mod github;
mod text;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields::{Fields, kind};
use crate::id::{EmailAddress, OrganizationalUnitPath};
use crate::schema;
use crate::tags::tag_problem;

pub use access::{AccessGrant, AccessPrincipal};
pub use bounds::Bounds;
pub use contacts::{Contact, Contacts};
pub use github::{GithubDeploy, GithubRepository};

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
    /// Who works in the account, by Identity Center; at most 20 entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = access::MAXIMUM_GRANTS, "uniqueItems" = true))]
    pub access: Vec<AccessGrant>,
    /// Repositories of GitHub that deploy into the account, at most 10, each of them once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = github::MAXIMUM_DEPLOYS, "uniqueItems" = true))]
    pub github_deploy: Vec<GithubDeploy>,
    /// What the account may cost in a month, in US dollars; a budget warns of more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAXIMUM_BUDGET))]
    pub monthly_budget_usd: Option<u32>,
    /// Whom AWS writes to beside the email of the root user.
    #[serde(default, skip_serializing_if = "Contacts::is_empty")]
    pub contacts: Contacts,
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
const MAXIMUM_BUDGET: u64 = 1_000_000_000;

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
        let access = access::read(&mut fields, bounds);
        let github_deploy = github::read(&mut fields, bounds);
        let monthly_budget_usd = fields.number("monthlyBudgetUsd", 1..=MAXIMUM_BUDGET);
        let contacts = contacts::read(&mut fields);
        let derived = match (&account_name, map.get("accountEmail")) {
            (Some(name), None | Some(Value::Null)) => {
                bounds.derive_email(name).map_err(|detail| fields.problem("accountEmail", detail)).ok()
            }
            _ => None,
        };
        let problems = fields.finish();
        match (account_name, given_email.or(derived), organizational_unit) {
            (Some(account_name), Some(account_email), Some(organizational_unit)) if problems.is_empty() => Ok(Self {
                account_name,
                account_email,
                organizational_unit,
                owner,
                reason,
                tags,
                access,
                github_deploy,
                monthly_budget_usd,
                contacts,
            }),
            _ => Err(problems),
        }
    }

    /// What a door would refuse of a request that came past the doors. The name of an adopted account is what it is.
    pub fn refusals(&self, bounds: &Bounds) -> Vec<Problem> {
        let written = serde_json::to_value(self).unwrap_or_default();
        let problems = Self::parse(&written, bounds).err().unwrap_or_default();
        problems.into_iter().filter(|problem| problem.pointer != "/accountName").collect()
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
            ..Bounds::default()
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

    fn full() -> Value {
        json!({
            "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Workloads",
            "access": [{ "group": "developers", "permissionSet": "PowerUserAccess" }],
            "githubDeploy": [{
                "repository": "Acme/pay", "branches": ["main"], "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
            }],
            "monthlyBudgetUsd": 500,
            "contacts": { "security": { "name": "Jo", "title": "CISO", "email": "jo@example.com", "phone": "+1 5" } }
        })
    }

    fn generous() -> Bounds {
        let list = |entry: &str| vec![entry.to_owned()];
        Bounds {
            allowed_permission_sets: list("PowerUserAccess"),
            allowed_github_owners: list("acme"),
            allowed_policy_arns: list("arn:aws:iam::aws:policy/ReadOnlyAccess"),
            ..bounds()
        }
    }

    #[test]
    fn what_is_within_the_bounds_is_read_and_written_as_it_is() {
        let request = AccountRequest::parse(&full(), &generous()).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), full());
        assert_eq!(request.github_deploy[0].repository.owner(), "Acme");
        assert_eq!(request.monthly_budget_usd, Some(500));
        assert_eq!(request.refusals(&generous()), []);
    }

    #[test]
    fn what_is_left_out_is_not_written() {
        let body = json!({ "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Workloads" });
        let request = AccountRequest::parse(&body, &bounds()).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), body);
        assert_eq!(serde_json::from_value::<AccountRequest>(body).unwrap(), request);
    }

    #[test]
    fn a_refusal_names_what_is_allowed() {
        let found = problems(&full());
        assert_eq!(
            found,
            [
                ("/access/0/permissionSet", "must be a permission set that this stack allows; it allows none"),
                (
                    "/githubDeploy/0/repository",
                    "must be a repository of an owner that this stack allows; it allows none"
                ),
                ("/githubDeploy/0/policyArns/0", "must be a policy that this stack allows; it allows none"),
            ]
            .map(|(pointer, detail)| (pointer.to_owned(), detail.to_owned()))
        );
        let mut other = full();
        other["access"][0]["permissionSet"] = "AdministratorAccess".into();
        let found = AccountRequest::parse(&other, &generous()).unwrap_err();
        assert_eq!(found[0].detail, "must be a permission set that this stack allows; it allows PowerUserAccess");
        let request = AccountRequest::parse(&full(), &generous()).unwrap();
        assert_eq!(request.refusals(&bounds()).len(), 3);
    }

    #[test]
    fn problems_in_lists_and_objects_are_found_by_their_pointers() {
        let body = json!({
            "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Workloads",
            "access": [
                { "group": "g", "permissionSet": "PowerUserAccess" },
                { "group": "g", "permissionSet": "PowerUserAccess" },
                { "group": "g", "user": "u", "permissionSet": "PowerUserAccess", "role": "x" },
                "everybody"
            ],
            "githubDeploy": [
                { "repository": "acme/pay", "ownerId": 1, "branches": ["main", "feature/*"], "policyArns": [] },
                { "repository": "ACME/Pay", "environments": [7], "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] },
                { "repository": "acme/x", "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "classicSubject": 1 }
            ],
            "monthlyBudgetUsd": 0,
            "contacts": { "security": { "name": "", "title": "t", "email": "jo@example.com" }, "legal": {} }
        });
        let found = AccountRequest::parse(&body, &generous()).unwrap_err();
        let mut pointers: Vec<&str> = found.iter().map(|problem| problem.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(
            pointers,
            [
                "/access/1",
                "/access/2",
                "/access/2/role",
                "/access/3",
                "/contacts/legal",
                "/contacts/security/name",
                "/contacts/security/phone",
                "/githubDeploy/0/branches/1",
                "/githubDeploy/0/policyArns",
                "/githubDeploy/0/repositoryId",
                "/githubDeploy/1",
                "/githubDeploy/1/environments/0",
                "/githubDeploy/2",
                "/githubDeploy/2/classicSubject",
                "/monthlyBudgetUsd",
            ]
        );
        let detail = |pointer: &str| found.iter().find(|problem| problem.pointer == pointer).unwrap().detail.as_str();
        assert!(detail("/githubDeploy/0/branches/1").contains("wildcards are refused"));
        assert_eq!(detail("/access/1"), "is there twice");
        assert!(detail("/githubDeploy/1").contains("one entry for each"));
        assert_eq!(detail("/access/2/role"), "is not a field here; the fields are group, user, permissionSet");
        assert_eq!(detail("/monthlyBudgetUsd"), "must be a whole number from 1 to 1000000000");
    }
}
