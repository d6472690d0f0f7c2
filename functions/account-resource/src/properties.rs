//! From the properties of a `Custom::Account` to the JSON of a request.

use serde_json::{Map, Value};
use vending_core::{AccountKey, AccountRequest, Bounds};

/// The properties that are fields of a request: under the same name, with a small letter at its beginning.
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
/// CloudFormation makes a text of every value.
const NUMBERS: [&str; 3] = ["MonthlyBudgetUsd", "OwnerId", "RepositoryId"];
const FLAG: &str = "ClassicSubject";
/// Where the account goes when its resource is deleted.
const RELEASED_UNIT: &str = "ReleasedOrganizationalUnit";
/// CloudFormation's own, which it sends along with every custom resource.
const CLOUDFORMATION: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// Everything that a `Custom::Account` may have.
pub fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.into_iter().chain([RELEASED_UNIT]).chain(CLOUDFORMATION)
}

/// The properties of a resource, read as far as they can be without looking at AWS.
#[derive(Debug)]
pub(crate) struct Properties {
    /// A request as every door takes it.
    pub(crate) request: Map<String, Value>,
    pub(crate) released_unit: Option<String>,
    /// What is wrong with them, readable as it is.
    pub(crate) problems: Vec<String>,
}

impl Properties {
    pub(crate) fn read(properties: &Map<String, Value>) -> Self {
        let mut read = Self { request: Map::new(), released_unit: None, problems: Vec::new() };
        for (name, value) in properties {
            if !CLOUDFORMATION.contains(&name.as_str())
                && let Some(field) = field(name, value)
            {
                read.take(name, field);
            }
        }
        read
    }

    fn take(&mut self, name: &str, value: Value) {
        match (name, value) {
            (TAGS, list) => {
                let tags = self.tags(&list);
                self.request.insert("tags".to_owned(), tags.into());
            }
            (RELEASED_UNIT, Value::String(path)) => self.released_unit = Some(path),
            (RELEASED_UNIT, _) => self.problems.push(format!("{RELEASED_UNIT}: must be a text")),
            (name, value) if FIELDS.contains(&name) => {
                self.request.insert(swapped(name), value);
            }
            _ => {
                let known = FIELDS.join(", ");
                self.problems.push(format!("{name}: is not a property; the properties are {known}, {RELEASED_UNIT}"));
            }
        }
    }

    /// Tags as CloudFormation writes them become an object. A pair that is wholly empty counts as left out.
    fn tags(&mut self, list: &Value) -> Map<String, Value> {
        let mut tags = Map::new();
        let Value::Array(list) = list else {
            self.problems.push(format!("{TAGS}: must be a list of Key and Value"));
            return tags;
        };
        for tag in list {
            let part = |name: &str| tag.get(name).and_then(Value::as_str);
            let (Some(key), Some(value), Some(2)) = (part("Key"), part("Value"), tag.as_object().map(Map::len)) else {
                self.problems.push(format!("{TAGS}: must be a list of Key and Value, each of them a text"));
                continue;
            };
            if key.is_empty() && value.is_empty() {
                continue;
            }
            if tags.insert(key.to_owned(), value.into()).is_some() {
                self.problems.push(format!("{TAGS}: must have each key once; `{key}` is there twice"));
            }
        }
        tags
    }

    /// The account that is meant, whatever else is wrong.
    pub(crate) fn account_key(&self, bounds: &Bounds) -> Option<AccountKey> {
        let unbounded = Bounds {
            email_pattern: bounds.email_pattern.clone(),
            allowed_organizational_units: vec!["*".to_owned()],
            protected_organizational_units: Vec::new(),
            ..Bounds::default()
        };
        let mut identity = Map::from_iter([("organizationalUnit".to_owned(), "any".into())]);
        for field in ["accountName", "accountEmail"] {
            if let Some(value) = self.request.get(field) {
                identity.insert(field.to_owned(), value.clone());
            }
        }
        // With an email the name does not matter.
        if identity.contains_key("accountEmail") {
            identity.insert("accountName".to_owned(), "any".into());
        }
        let request = AccountRequest::parse(&identity.into(), &unbounded).ok()?;
        Some(AccountKey::of(&request.account_email))
    }
}

/// A property, or one within it, as the field that it is. Forms leave things empty: that is left out.
fn field(name: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) if NUMBERS.contains(&name) => {
            Some(text.parse::<u64>().map_or_else(|_| value.clone(), Value::from))
        }
        Value::String(text) if name == FLAG => Some(text.parse::<bool>().map_or_else(|_| value.clone(), Value::from)),
        Value::Array(_) | Value::Object(_) if name == TAGS => Some(value.clone()),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(|item| field(name, item)).collect();
            (!items.is_empty()).then(|| items.into())
        }
        Value::Object(properties) => {
            let within = |(name, value): (&String, &Value)| Some((swapped(name), field(name, value)?));
            let fields: Map<String, Value> = properties.iter().filter_map(within).collect();
            (!fields.is_empty()).then(|| fields.into())
        }
        other => Some(other.clone()),
    }
}

/// From a property to its field and back. What is spelled as a field is none as a property.
pub(crate) fn swapped(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if first.is_ascii_uppercase() => format!("{}{}", first.to_ascii_lowercase(), letters.as_str()),
        Some(first) => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

pub(crate) fn released_unit(detail: &str) -> String {
    format!("{RELEASED_UNIT}: {detail}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(properties: Value) -> Properties {
        let Value::Object(properties) = properties else { panic!("an object") };
        Properties::read(&properties)
    }

    fn bounds() -> Bounds {
        Bounds {
            email_pattern: "aws+{accountName}@example.com".to_owned(),
            allowed_organizational_units: vec!["Workloads".to_owned()],
            protected_organizational_units: Vec::new(),
            ..Bounds::default()
        }
    }

    #[test]
    fn properties_become_a_request() {
        let read = read(json!({
            "ServiceToken": "arn", "ServiceTimeout": "3600", "AccountName": "pay", "AccountEmail": "a@example.com",
            "OrganizationalUnit": "Workloads", "Owner": "o@example.com", "Reason": "CHG-1",
            "ReleasedOrganizationalUnit": "Workloads/Released",
            "Tags": [{ "Key": "CostCenter", "Value": "1" }, { "Key": "Flag", "Value": "" }]
        }));
        assert_eq!(read.problems, [""; 0]);
        assert_eq!(read.released_unit.as_deref(), Some("Workloads/Released"));
        assert_eq!(
            Value::Object(read.request),
            json!({
                "accountName": "pay", "accountEmail": "a@example.com", "organizationalUnit": "Workloads",
                "owner": "o@example.com", "reason": "CHG-1", "tags": { "CostCenter": "1", "Flag": "" }
            })
        );
    }

    #[test]
    fn what_a_form_leaves_empty_is_left_out() {
        let read = read(json!({
            "AccountName": "pay", "AccountEmail": "", "Owner": "", "Tags": "", "ReleasedOrganizationalUnit": "",
            "Colour": ""
        }));
        assert_eq!(read.problems, [""; 0]);
        assert_eq!((Value::Object(read.request), read.released_unit), (json!({ "accountName": "pay" }), None));
        let read = super::tests::read(json!({ "Tags": [{ "Key": "", "Value": "" }] }));
        assert_eq!((read.problems.len(), Value::Object(read.request)), (0, json!({ "tags": {} })));
    }

    #[test]
    fn what_is_no_property_and_what_is_no_tag_is_named() {
        let read = read(json!({ "accountName": "pay", "ReleasedOrganizationalUnit": ["x"], "Tags": [
            { "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }, { "Key": "b" }, "c",
            { "Key": "d", "Value": "4", "PropagateAtLaunch": "true" }
        ] }));
        let all = read.problems.join("\n");
        assert!(all.contains("accountName: is not a property; the properties are AccountName, AccountEmail"), "{all}");
        assert!(all.contains("Tags: must have each key once; `a` is there twice"), "{all}");
        assert_eq!(all.matches("each of them a text").count(), 3, "{all}");
        assert!(all.contains("ReleasedOrganizationalUnit: must be a text"), "{all}");
        assert!(super::tests::read(json!({ "Tags": { "a": "1" } })).problems[0].contains("a list of Key and Value"));
    }

    #[test]
    fn what_is_nested_becomes_fields_numbers_and_booleans() {
        let read = read(json!({
            "MonthlyBudgetUsd": "500",
            "Access": [{ "Group": "developers", "User": "", "PermissionSet": "PowerUserAccess" }, { "Group": "" }],
            "GithubDeploy": [{
                "Repository": "acme/pay", "OwnerId": "1", "RepositoryId": "two", "Branches": ["main", ""],
                "PolicyArns": ["arn"], "ClassicSubject": "true", "branches": ["x"]
            }],
            "Contacts": { "Security": { "Name": "Jo", "Phone": "555" }, "Billing": { "Name": "", "Phone": "" } }
        }));
        assert_eq!(read.problems, [""; 0]);
        assert_eq!(
            Value::Object(read.request),
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
        let empty = super::tests::read(json!({
            "Access": [{ "Group": "", "PermissionSet": "" }],
            "GithubDeploy": [{ "Repository": "", "Branches": [""], "PolicyArns": [""] }],
            "Contacts": { "Security": { "Name": "", "Title": "", "Email": "", "Phone": "" } }, "MonthlyBudgetUsd": ""
        }));
        assert_eq!((empty.problems.len(), empty.request.len()), (0, 0));
    }

    #[test]
    fn an_account_is_told_by_its_email_whatever_else_is_wrong() {
        let of = |email: &str| Some(AccountKey::of(&email.parse().unwrap()));
        for (properties, key) in [
            (json!({ "AccountEmail": "Pay@example.com", "AccountName": "<>", "Colour": "red" }), of("pay@example.com")),
            (json!({ "AccountName": "Pay Dev", "OrganizationalUnit": "Security" }), of("aws+pay-dev@example.com")),
            (json!({ "AccountName": "pay", "AccountEmail": "no" }), None),
            (json!({ "AccountName": "R&D" }), None),
            (json!({}), None),
        ] {
            assert_eq!(read(properties.clone()).account_key(&bounds()), key, "{properties}");
        }
    }
}
