//! Converts the properties of a `Custom::Account` to the JSON of a request.

use serde_json::{Map, Value};
use vending_core::AccountKey;

/// The properties that are fields of a request. The name of the field starts with a lowercase letter.
const FIELDS: [&str; 10] = [
    "AccountName",
    "AccountEmail",
    "OrganizationalUnit",
    "Owner",
    "Reason",
    TAGS,
    "Access",
    "GithubDeploy",
    "MonthlyBudgetUsd",
    "Contacts",
];
pub(crate) const TAGS: &str = "Tags";
/// The properties that are numbers. CloudFormation sends every value as a string.
const NUMBERS: [&str; 3] = ["MonthlyBudgetUsd", "OwnerId", "RepositoryId"];
/// The property that is a boolean.
const BOOLEAN: &str = "ClassicSubject";
/// The OU of the account after its resource is deleted.
const RELEASED_OU: &str = "ReleasedOrganizationalUnit";
/// The properties of every custom resource, which are for CloudFormation.
const CLOUDFORMATION: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// The names of all properties of a `Custom::Account`.
pub fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.into_iter().chain([RELEASED_OU]).chain(CLOUDFORMATION)
}

/// The parsed properties of a resource.
#[derive(Debug)]
pub(crate) struct Properties {
    /// The request, as at every entry point.
    pub(crate) request: Map<String, Value>,
    pub(crate) released_ou: Option<String>,
    /// The validation errors.
    pub(crate) problems: Vec<String>,
}

impl Properties {
    pub(crate) fn parse(properties: &Map<String, Value>) -> Self {
        let mut parsed = Self { request: Map::new(), released_ou: None, problems: Vec::new() };
        for (name, value) in properties {
            if !CLOUDFORMATION.contains(&name.as_str())
                && let Some(field) = field(name, value)
            {
                parsed.insert(name, field);
            }
        }
        parsed
    }

    fn insert(&mut self, name: &str, value: Value) {
        match (name, value) {
            (TAGS, list) => {
                let tags = self.tags(&list);
                self.request.insert("tags".to_owned(), tags.into());
            }
            (RELEASED_OU, Value::String(path)) => self.released_ou = Some(path),
            (RELEASED_OU, _) => self.problems.push(format!("{RELEASED_OU}: must be a string")),
            (name, value) if FIELDS.contains(&name) => {
                self.request.insert(swap_case(name), value);
            }
            _ => {
                let known = FIELDS.join(", ");
                self.problems.push(format!("{name}: is an unknown property; expected one of {known}, {RELEASED_OU}"));
            }
        }
    }

    /// Converts a list of tags to an object. An empty pair is skipped.
    fn tags(&mut self, list: &Value) -> Map<String, Value> {
        let mut tags = Map::new();
        let Value::Array(list) = list else {
            self.problems.push(format!("{TAGS}: must be a list of Key and Value"));
            return tags;
        };
        for tag in list {
            let part = |name: &str| tag.get(name).and_then(Value::as_str);
            let (Some(key), Some(value), Some(2)) = (part("Key"), part("Value"), tag.as_object().map(Map::len)) else {
                self.problems.push(format!("{TAGS}: must be a list of Key and Value, both strings"));
                continue;
            };
            if key.is_empty() && value.is_empty() {
                continue;
            }
            if tags.insert(key.to_owned(), value.into()).is_some() {
                self.problems.push(format!("{TAGS}: must have each key once; `{key}` is a duplicate"));
            }
        }
        tags
    }

    /// The key of the account, if the properties have a valid email.
    pub(crate) fn given_key(&self) -> Option<AccountKey> {
        let email = self.request.get("accountEmail")?.as_str()?.parse().ok()?;
        Some(AccountKey::from_email(&email))
    }
}

/// Converts a property or a nested property to a field. Empty values, which forms send, are skipped.
fn field(name: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(string) if string.is_empty() => None,
        Value::String(string) if NUMBERS.contains(&name) => {
            Some(string.parse::<u64>().map_or_else(|_| value.clone(), Value::from))
        }
        Value::String(string) if name == BOOLEAN => {
            Some(string.parse::<bool>().map_or_else(|_| value.clone(), Value::from))
        }
        Value::Array(_) | Value::Object(_) if name == TAGS => Some(value.clone()),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(|item| field(name, item)).collect();
            (!items.is_empty()).then(|| items.into())
        }
        Value::Object(properties) => {
            let nested = |(name, value): (&String, &Value)| Some((swap_case(name), field(name, value)?));
            let fields: Map<String, Value> = properties.iter().filter_map(nested).collect();
            (!fields.is_empty()).then(|| fields.into())
        }
        other => Some(other.clone()),
    }
}

/// Converts the name of a property to that of a field, and back. So the name of a field is not a valid property.
pub(crate) fn swap_case(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if first.is_ascii_uppercase() => format!("{}{}", first.to_ascii_lowercase(), letters.as_str()),
        Some(first) => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

pub(crate) fn released_ou_error(detail: &str) -> String {
    format!("{RELEASED_OU}: {detail}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(properties: Value) -> Properties {
        let Value::Object(properties) = properties else { panic!("an object") };
        Properties::parse(&properties)
    }

    #[test]
    fn properties_become_a_request() {
        let parsed = parse(json!({
            "ServiceToken": "arn", "ServiceTimeout": "3600", "AccountName": "pay", "AccountEmail": "a@example.com",
            "OrganizationalUnit": "Workloads", "Owner": "o@example.com", "Reason": "CHG-1",
            "ReleasedOrganizationalUnit": "Workloads/Released",
            "Tags": [{ "Key": "CostCenter", "Value": "1" }, { "Key": "Flag", "Value": "" }]
        }));
        assert_eq!(parsed.problems, [""; 0]);
        assert_eq!(parsed.released_ou.as_deref(), Some("Workloads/Released"));
        assert_eq!(
            Value::Object(parsed.request),
            json!({
                "accountName": "pay", "accountEmail": "a@example.com", "organizationalUnit": "Workloads",
                "owner": "o@example.com", "reason": "CHG-1", "tags": { "CostCenter": "1", "Flag": "" }
            })
        );
    }

    #[test]
    fn empty_values_are_skipped() {
        let parsed = parse(json!({
            "AccountName": "pay", "AccountEmail": "", "Owner": "", "Tags": "", "ReleasedOrganizationalUnit": "",
            "Color": ""
        }));
        assert_eq!(parsed.problems, [""; 0]);
        assert_eq!((Value::Object(parsed.request), parsed.released_ou), (json!({ "accountName": "pay" }), None));
        let parsed = super::tests::parse(json!({ "Tags": [{ "Key": "", "Value": "" }] }));
        assert_eq!((parsed.problems.len(), Value::Object(parsed.request)), (0, json!({ "tags": {} })));
    }

    #[test]
    fn unknown_properties_and_bad_tags_are_named() {
        let parsed = parse(json!({ "accountName": "pay", "ReleasedOrganizationalUnit": ["x"], "Tags": [
            { "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }, { "Key": "b" }, "c",
            { "Key": "d", "Value": "4", "PropagateAtLaunch": "true" }
        ] }));
        let all = parsed.problems.join("\n");
        assert!(
            all.contains("accountName: is an unknown property; expected one of AccountName, AccountEmail"),
            "{all}"
        );
        assert!(all.contains("Tags: must have each key once; `a` is a duplicate"), "{all}");
        assert_eq!(all.matches("both strings").count(), 3, "{all}");
        assert!(all.contains("ReleasedOrganizationalUnit: must be a string"), "{all}");
        assert!(super::tests::parse(json!({ "Tags": { "a": "1" } })).problems[0].contains("a list of Key and Value"));
    }

    #[test]
    fn nested_properties_are_converted() {
        let parsed = parse(json!({
            "MonthlyBudgetUsd": "500",
            "Access": [{ "Group": "developers", "User": "", "PermissionSet": "PowerUserAccess" }, { "Group": "" }],
            "GithubDeploy": [{
                "Repository": "acme/pay", "OwnerId": "1", "RepositoryId": "two", "Branches": ["main", ""],
                "PolicyArns": ["arn"], "ClassicSubject": "true", "branches": ["x"]
            }],
            "Contacts": { "Security": { "Name": "Jo", "Phone": "555" }, "Billing": { "Name": "", "Phone": "" } }
        }));
        assert_eq!(parsed.problems, [""; 0]);
        assert_eq!(
            Value::Object(parsed.request),
            json!({
                "monthlyBudgetUsd": 500,
                "access": [{ "group": "developers", "permissionSet": "PowerUserAccess" }],
                "githubDeploy": [{
                    "repository": "acme/pay", "ownerId": 1, "repositoryId": "two", "branches": ["main"],
                    "policyArns": ["arn"], "classicSubject": true, "Branches": ["x"]
                }],
                "contacts": { "security": { "name": "Jo", "phone": "555" } }
            })
        );
        let empty = super::tests::parse(json!({
            "Access": [{ "Group": "", "PermissionSet": "" }],
            "GithubDeploy": [{ "Repository": "", "Branches": [""], "PolicyArns": [""] }],
            "Contacts": { "Security": { "Name": "", "Title": "", "Email": "", "Phone": "" } }, "MonthlyBudgetUsd": ""
        }));
        assert_eq!((empty.problems.len(), empty.request.len()), (0, 0));
    }

    #[test]
    fn given_key_is_that_of_a_valid_email() {
        let key_of = |email: &str| Some(AccountKey::from_email(&email.parse().unwrap()));
        let given = json!({ "AccountEmail": "Pay@example.com", "AccountName": "<>", "Color": "red" });
        assert_eq!(parse(given).given_key(), key_of("pay@example.com"));
        for without in
            [json!({ "AccountName": "pay", "AccountEmail": "no" }), json!({ "AccountName": "pay" }), json!({})]
        {
            assert_eq!(parse(without).given_key(), None);
        }
    }
}
