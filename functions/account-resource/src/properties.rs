//! From the properties of a `Custom::Account` to the JSON of a request, and back for what is wrong with it.

use serde_json::{Map, Value};
use vending_core::{AccountKey, AccountRequest, Bounds, Problem};

/// The properties that are fields of a request.
const FIELDS: [(&str, &str); 6] = [
    ("AccountName", "accountName"),
    ("AccountEmail", "accountEmail"),
    ("OrganizationalUnit", "organizationalUnit"),
    ("Owner", "owner"),
    ("Reason", "reason"),
    (TAGS, "tags"),
];
const TAGS: &str = "Tags";
/// Where the account goes when its resource is deleted.
const RELEASED_UNIT: &str = "ReleasedOrganizationalUnit";
/// CloudFormation's own, which it sends along with every custom resource.
const CLOUDFORMATION: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// Everything that a `Custom::Account` may have.
pub fn names() -> impl Iterator<Item = &'static str> {
    let fields = FIELDS.iter().map(|(property, _)| *property);
    fields.chain([RELEASED_UNIT]).chain(CLOUDFORMATION)
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
            if !CLOUDFORMATION.contains(&name.as_str()) && !is_left_out(value) {
                read.take(name, value);
            }
        }
        read
    }

    fn take(&mut self, name: &str, value: &Value) {
        let field = FIELDS.iter().find(|(property, _)| *property == name);
        match (name, field, value) {
            (TAGS, ..) => {
                let tags = self.tags(value);
                self.request.insert("tags".to_owned(), tags.into());
            }
            (_, Some((_, field)), _) => {
                self.request.insert((*field).to_owned(), value.clone());
            }
            (RELEASED_UNIT, _, Value::String(path)) => self.released_unit = Some(path.clone()),
            (RELEASED_UNIT, ..) => self.problems.push(format!("{RELEASED_UNIT}: must be a text")),
            _ => {
                let known: Vec<&str> = FIELDS.iter().map(|(property, _)| *property).collect();
                let known = known.join(", ");
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

/// Forms send an empty text for what is left out.
fn is_left_out(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// A problem of a request, in the names of the properties.
pub(crate) fn in_properties(problem: &Problem) -> String {
    let mut path = problem.pointer.trim_start_matches('/').splitn(2, '/');
    let field = path.next().unwrap_or_default();
    let property = FIELDS.iter().find(|(_, name)| *name == field).map_or(field, |(property, _)| property);
    let within = path.next().map(|key| format!(" `{}`", key.replace("~1", "/").replace("~0", "~")));
    let within = within.unwrap_or_default();
    format!("{property}:{within} {}", renamed(&problem.detail))
}

pub(crate) fn released_unit(detail: &str) -> String {
    format!("{RELEASED_UNIT}: {detail}")
}

/// Details that name another field name it as a property.
fn renamed(detail: &str) -> String {
    FIELDS.iter().fold(detail.to_owned(), |text, (property, field)| match *property {
        TAGS | "Owner" | "Reason" => text, // Words of plain English, too.
        property => text.replace(field, property),
    })
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
    fn problems_are_told_in_the_names_of_the_properties() {
        for (path, detail, told) in [
            (vec!["accountName"], "is required", "AccountName: is required"),
            (vec!["tags", "aws:a/b"], "must not", "Tags: `aws:a/b` must not"),
            (
                vec!["accountEmail"],
                "the email derived from accountName is wrong; give accountEmail",
                "AccountEmail: the email derived from AccountName is wrong; give AccountEmail",
            ),
        ] {
            assert_eq!(in_properties(&Problem::at(&path, detail)), told);
        }
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
