//! The account request and its validation.

mod access;
mod contacts;
mod github;
mod policy;
mod strings;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{EmailAddress, OrganizationalUnitPath};
use crate::object_reader::{ObjectReader, json_type};
use crate::problem::Problem;
use crate::schema;
use crate::tag_rules::{owner, tag_problem};

pub use access::{AccessGrant, AccessPrincipal, group_name, permission_set_name};
pub use contacts::{Contact, Contacts};
pub use github::{GithubDeploy, GithubRepository};
pub use policy::{RequestPolicy, derive_email, email_pattern};

/// A validated request for one account.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct AccountRequest {
    /// The account's name in the organization, 1 to 50 characters.
    #[schemars(length(min = 1, max = 50), extend("pattern" = schema::ACCOUNT_NAME))]
    pub account_name: String,
    /// The email of the root user of the account. The default is derived from the `emailPattern` of the OU.
    pub account_email: EmailAddress,
    /// The names of the OUs from the root down, joined by `/`.
    pub organizational_unit: OrganizationalUnitPath,
    /// The email of the owner of the account; stored in a tag of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = schema::OWNER))]
    pub owner: Option<EmailAddress>,
    /// Why the account is requested, up to 500 characters; stored in the record.
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
    /// IAM Identity Center access to the account; at most 20 entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = access::MAXIMUM_GRANTS, "uniqueItems" = true))]
    pub access: Vec<AccessGrant>,
    /// GitHub repositories that may deploy to the account; at most 10, without duplicates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = github::MAXIMUM_DEPLOYS, "uniqueItems" = true))]
    pub github_deploy: Vec<GithubDeploy>,
    /// The monthly budget of the account in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAXIMUM_BUDGET))]
    pub monthly_budget_usd: Option<u32>,
    /// The alternate contacts of the account.
    #[serde(default, skip_serializing_if = "Contacts::is_empty")]
    pub contacts: Contacts,
}

pub(crate) const MAXIMUM_TAGS: usize = 40;
pub(crate) const MAXIMUM_REASON: usize = 500;
/// The largest monthly budget in US dollars.
pub const MAXIMUM_BUDGET: u64 = 1_000_000_000;

impl AccountRequest {
    /// Parses a request from JSON. Returns all problems at once.
    pub fn parse(body: &Value, policy: &RequestPolicy) -> Result<Self, Vec<Problem>> {
        let Value::Object(map) = body else {
            let detail = format!("must be a JSON object, not {}", json_type(body));
            return Err(vec![Problem::at(&[], detail)]);
        };
        let mut fields = ObjectReader::new(map);
        let account_name = fields.required("accountName", account_name);
        let given_email = fields.optional("accountEmail", email);
        let organizational_unit = fields.required("organizationalUnit", |text| policy.organizational_unit(text));
        let owner = fields.optional("owner", owner);
        let reason = fields.optional("reason", reason);
        let tags = tags(&mut fields);
        let access = access::read(&mut fields, policy);
        let github_deploy = github::read(&mut fields, policy);
        let monthly_budget_usd = fields.number("monthlyBudgetUsd", 1..=MAXIMUM_BUDGET);
        let contacts = contacts::read(&mut fields, policy);
        let derived = match (&account_name, map.get("accountEmail")) {
            (Some(name), None | Some(Value::Null)) => policy.derive_email(name),
            _ => None,
        };
        let derived = derived.and_then(|derived| derived.map_err(|detail| fields.problem("accountEmail", detail)).ok());
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

    /// The problems of a request that every organization would find, whatever its settings.
    pub fn form_problems(body: &Value) -> Vec<Problem> {
        Self::parse(body, &RequestPolicy::default()).err().unwrap_or_default()
    }

    /// The OU of a request, if it has a valid one.
    pub fn unit(body: &Value) -> Option<OrganizationalUnitPath> {
        body.get("organizationalUnit")?.as_str()?.parse().ok()
    }

    /// The email of the account in a request: given, or derived from the name. `None` if there is no valid one.
    pub fn email(body: &Value, policy: &RequestPolicy) -> Option<EmailAddress> {
        match body.get("accountEmail") {
            None | Some(Value::Null) => {
                let name = account_name(body.get("accountName")?.as_str()?).ok()?;
                policy.derive_email(&name)?.ok()
            }
            Some(given) => given.as_str()?.parse().ok(),
        }
    }

    /// Validates a request that did not pass an entry point. The name is not validated, because an adopted account may
    /// have any name.
    pub fn violations(&self, policy: &RequestPolicy) -> Vec<Problem> {
        let request = serde_json::to_value(self).unwrap_or_default();
        let problems = Self::parse(&request, policy).err().unwrap_or_default();
        problems.into_iter().filter(|problem| problem.pointer != "/accountName").collect()
    }
}

/// The names that both CreateAccount and PutAccountName accept, so that a name can be restored later.
pub fn account_name(text: &str) -> Result<String, String> {
    let fits = (1..=50).contains(&text.len())
        && text.trim() == text
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'>'));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must have 1 to 50 printable ASCII characters other than < and >, without a space at either end".to_owned())
    }
}

pub(crate) fn email(text: &str) -> Result<EmailAddress, String> {
    text.parse().map_err(|error| format!("{error}"))
}

pub(crate) fn tags(fields: &mut ObjectReader<'_>) -> BTreeMap<String, String> {
    let tags: BTreeMap<_, _> = fields.strings("tags", tag_problem).into_iter().collect();
    if tags.len() > MAXIMUM_TAGS {
        fields.problem("tags", format!("must have at most {MAXIMUM_TAGS} tags"));
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
    use crate::settings::{Requests, SecurityContactOverride, VendingSettings};
    use serde_json::json;

    fn settings() -> VendingSettings {
        VendingSettings {
            requests: Requests::Allowed,
            email_pattern: Some("aws+{accountName}@example.com".to_owned()),
            deploy_policy_arns: Vec::new(),
            ..VendingSettings::default()
        }
    }

    fn allowing(settings: VendingSettings) -> RequestPolicy {
        RequestPolicy::new(settings, false, &[])
    }

    fn policy() -> RequestPolicy {
        allowing(settings())
    }

    fn problems(body: &Value) -> Vec<(String, String)> {
        AccountRequest::parse(body, &policy())
            .expect_err("must be rejected")
            .into_iter()
            .map(|problem| (problem.pointer, problem.detail))
            .collect()
    }

    #[test]
    fn email_is_derived_from_the_name() {
        let body = json!({ "accountName": "Payments Dev", "organizationalUnit": "Workloads" });
        let request = AccountRequest::parse(&body, &policy()).unwrap();
        assert_eq!(request.account_email.as_str(), "aws+payments-dev@example.com");
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let body = json!({
            "accountName": "x".repeat(51),
            "accountEmail": "quo\"te@example.com",
            "organizationalUnit": "Workloads/../Security",
            "owner": 7,
            "color": "red",
            "tags": { "aws:x": "1", "a/b": 2 },
        });
        let mut pointers: Vec<String> = problems(&body).into_iter().map(|(at, _)| at).collect();
        pointers.sort();
        assert_eq!(
            pointers,
            ["/accountEmail", "/accountName", "/color", "/organizationalUnit", "/owner", "/tags/aws:x", "/tags/a~1b"]
        );
    }

    #[test]
    fn missing_and_unknown_fields_are_reported() {
        let found = problems(&json!({ "role": "Admin" }));
        assert_eq!(found[0], ("/accountName".into(), "is required".into()));
        assert_eq!(found[1], ("/organizationalUnit".into(), "is required".into()));
        assert!(found[2].1.contains("expected one of accountName, accountEmail"));
        assert_eq!(problems(&json!([]))[0].1, "must be a JSON object, not an array");
    }

    #[test]
    fn name_without_derived_email_requires_one() {
        let body = json!({ "accountName": "R&D", "organizationalUnit": "Workloads" });
        let found = problems(&body);
        assert_eq!(found[0].0, "/accountEmail");
        assert!(found[0].1.contains("set accountEmail"), "{}", found[0].1);
    }

    #[test]
    fn ou_must_allow_requests() {
        let denied = VendingSettings { requests: Requests::Denied, ..settings() };
        let body = json!({ "accountName": "a", "organizationalUnit": "Security" });
        let found = AccountRequest::parse(&body, &allowing(denied.clone())).unwrap_err();
        assert_eq!((found.len(), found[0].pointer.as_str()), (1, "/organizationalUnit"));
        assert!(AccountRequest::parse(&body, &RequestPolicy::new(denied, true, &[])).is_ok());
    }

    #[test]
    fn missing_ou_is_reported_with_other_problems() {
        let policy = RequestPolicy::missing_unit("must exist".to_owned());
        let body = json!({
            "accountName": "a", "organizationalUnit": "Nowhere", "monthlyBudgetUsd": 0,
            "access": [{ "group": "developers", "permissionSet": "Any" }],
        });
        let found = AccountRequest::parse(&body, &policy).unwrap_err();
        let pointers: Vec<&str> = found.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/organizationalUnit", "/monthlyBudgetUsd"]);
    }

    #[test]
    fn email_is_required_without_a_pattern() {
        let without = allowing(VendingSettings { email_pattern: None, ..settings() });
        let body = json!({ "accountName": "a", "organizationalUnit": "Workloads" });
        let found = AccountRequest::parse(&body, &without).unwrap_err();
        assert_eq!((found.len(), found[0].pointer.as_str()), (1, "/accountEmail"));
        assert!(found[0].detail.contains("no emailPattern"), "{}", found[0].detail);
    }

    fn full() -> Value {
        json!({
            "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Workloads",
            "access": [{ "group": "developers", "permissionSet": "PowerUserAccess" }],
            "githubDeploy": [{
                "repository": "acme/pay", "branches": ["main"], "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
            }],
            "monthlyBudgetUsd": 500,
            "contacts": { "security": { "name": "Jo", "title": "CISO", "email": "jo@example.com", "phone": "+1 5" } }
        })
    }

    fn permissive_policy() -> RequestPolicy {
        allowing(VendingSettings {
            permission_sets: vec!["PowerUserAccess".to_owned()],
            github_owners: [("acme".to_owned(), 9919)].into(),
            deploy_policy_arns: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
            ..settings()
        })
    }

    #[test]
    fn allowed_request_survives_a_round_trip() {
        let request = AccountRequest::parse(&full(), &permissive_policy()).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), full());
        assert_eq!(request.monthly_budget_usd, Some(500));
        assert_eq!(request.violations(&permissive_policy()), []);
    }

    #[test]
    fn repository_owner_is_spelled_as_in_the_settings() {
        let mut body = full();
        body["githubDeploy"][0]["repository"] = "ACME/Pay".into();
        let request = AccountRequest::parse(&body, &permissive_policy()).unwrap();
        assert_eq!(request.github_deploy[0].repository.as_str(), "acme/Pay");
        assert_eq!(request.github_deploy[0].subjects(), ["repo:acme/Pay:ref:refs/heads/main"]);
    }

    #[test]
    fn owner_id_is_that_of_the_settings() {
        let mut body = full();
        body["githubDeploy"][0]["ownerId"] = 9919.into();
        body["githubDeploy"][0]["repositoryId"] = 1.into();
        assert!(AccountRequest::parse(&body, &permissive_policy()).is_ok());
        body["githubDeploy"][0]["ownerId"] = 9920.into();
        let found = AccountRequest::parse(&body, &permissive_policy()).unwrap_err();
        assert_eq!(found[0].pointer, "/githubDeploy/0/ownerId");
        assert_eq!(found[0].detail, "must be 9919, the ID of the owner in the settings, not 9920");
    }

    #[test]
    fn missing_fields_are_not_serialized() {
        let body = json!({ "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Workloads" });
        let request = AccountRequest::parse(&body, &policy()).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), body);
        assert_eq!(serde_json::from_value::<AccountRequest>(body).unwrap(), request);
    }

    #[test]
    fn violation_lists_what_is_allowed() {
        let found = problems(&full());
        assert_eq!(
            found,
            [
                ("/access/0/permissionSet", "must be a permission set that this OU allows; allowed: none"),
                ("/githubDeploy/0/repository", "must be a repository of an owner that this OU allows; allowed: none"),
                ("/githubDeploy/0/policyArns/0", "must be a policy that this OU allows; allowed: none"),
            ]
            .map(|(pointer, detail)| (pointer.to_owned(), detail.to_owned()))
        );
        let mut other = full();
        other["access"][0]["permissionSet"] = "AdministratorAccess".into();
        let found = AccountRequest::parse(&other, &permissive_policy()).unwrap_err();
        assert_eq!(found[0].detail, "must be a permission set that this OU allows; allowed: PowerUserAccess");
        let request = AccountRequest::parse(&full(), &permissive_policy()).unwrap();
        assert_eq!(request.violations(&policy()).len(), 3);
    }

    #[test]
    fn nested_problems_have_pointers() {
        let body = json!({
            "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": "Workloads",
            "access": [
                { "group": "g", "permissionSet": "PowerUserAccess" },
                { "group": "g", "permissionSet": "PowerUserAccess" },
                { "group": "g", "user": "u", "permissionSet": "PowerUserAccess", "role": "x" },
                "anyone"
            ],
            "githubDeploy": [
                { "repository": "acme/pay", "ownerId": 9919, "branches": ["main", "feature/*"], "policyArns": [] },
                { "repository": "ACME/Pay", "environments": [7], "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] },
                { "repository": "acme/x", "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "classicSubject": 1 }
            ],
            "monthlyBudgetUsd": 0,
            "contacts": { "security": { "name": "", "title": "t", "email": "jo@example.com" }, "legal": {} }
        });
        let found = AccountRequest::parse(&body, &permissive_policy()).unwrap_err();
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
        assert!(detail("/githubDeploy/0/branches/1").contains("wildcards are not allowed"));
        assert_eq!(detail("/access/1"), "is a duplicate");
        assert!(detail("/githubDeploy/1").contains("one entry for each"));
        assert_eq!(detail("/access/2/role"), "is an unknown field; expected one of group, user, permissionSet");
        assert_eq!(detail("/monthlyBudgetUsd"), "must be a whole number from 1 to 1000000000");
    }

    #[test]
    fn fixed_security_contact_is_not_accepted() {
        let contact = json!({ "name": "Jo", "title": "CISO", "email": "jo@example.com", "phone": "+1 5" });
        let body = json!({
            "accountName": "a", "organizationalUnit": "Workloads",
            "contacts": { "security": contact, "billing": contact },
        });
        assert!(AccountRequest::parse(&body, &policy()).is_ok());
        let mut fixed = settings();
        fixed.contacts.security = Some(serde_json::from_value(contact).unwrap());
        let overridable =
            VendingSettings { security_contact_override: SecurityContactOverride::Allowed, ..fixed.clone() };
        assert!(AccountRequest::parse(&body, &allowing(overridable)).is_ok());
        let found = AccountRequest::parse(&body, &allowing(fixed)).unwrap_err();
        let pointers: Vec<&str> = found.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/contacts/security"]);
    }
}
