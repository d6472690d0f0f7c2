//! The tables of the manual, from the JSON Schema.

use std::fmt::Write as _;

use serde_json::Value;

use crate::schema::schema;

/// The sections of the manual, by their title and the definition in the schema. The first is the manifest itself.
const SECTIONS: [(&str, &str); 25] = [
    ("The manifest", ""),
    ("`root`", "Root"),
    ("An entry of `organizationalUnits`", "Unit"),
    ("`vending`", "VendingBlock"),
    ("An entry of `access`", "GroupAccess"),
    ("An entry of `quotaIncreases`", "QuotaIncrease"),
    ("`contacts`", "Contacts"),
    ("A contact", "Contact"),
    ("An entry of `accounts`", "CoreAccount"),
    ("An entry of `policies`", "Policy"),
    ("`trail`", "OrganizationTrail"),
    ("`config`", "ConfigBucket"),
    ("`controlTower`", "ControlTower"),
    ("`identityCenter`", "IdentityCenter"),
    ("An entry of `identityCenter.permissionSets`", "PermissionSet"),
    ("`managementAccount`", "ManagementAccount"),
    ("`logArchive`", "LogArchive"),
    ("`logArchive.objectLock`", "ObjectLock"),
    ("`security`", "Security"),
    ("`security.guardDuty`", "GuardDuty"),
    ("`security.securityHub`", "SecurityHub"),
    ("`security.accessAnalyzer`", "AccessAnalyzer"),
    ("An entry of `security.configRules`", "ConfigRule"),
    ("`costs`", "Costs"),
    ("`costs.anomalies`", "CostAnomalies"),
];

/// Markdown with all fields of the manifest.
pub fn manual() -> String {
    let schema = schema();
    let mut text = String::new();
    for (title, name) in SECTIONS {
        let definition = if name.is_empty() { &schema } else { &schema["$defs"][name] };
        let required: Vec<&str> =
            definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        // Writing to a string does not fail.
        let _ = write!(text, "\n### {title}\n\n| Field | Type | Meaning |\n|---|---|---|\n");
        for (field, property) in sorted(&definition["properties"]) {
            let needed = if required.contains(&field.as_str()) { "Required. " } else { "" };
            let description = property["description"].as_str().map(one_line).unwrap_or_default();
            let meaning = format!("{needed}{description}");
            let _ = writeln!(text, "| `{field}` | {} | {} |", kind(&schema, property), meaning.trim());
        }
    }
    text
}

/// The fields by name: the order of maps depends on the features of the build.
fn sorted(properties: &Value) -> Vec<(&String, &Value)> {
    let mut fields: Vec<_> = properties.as_object().into_iter().flatten().collect();
    fields.sort_by_key(|(name, _)| *name);
    fields
}

/// The type of a value in words.
fn kind(schema: &Value, property: &Value) -> String {
    let target = resolve(schema, property);
    if let Some(words) = words(target) {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    match target["type"].as_str() {
        Some("array") => format!("list of {}", plural(&kind(schema, &target["items"]))),
        Some("object") if target.get("additionalProperties").is_some_and(Value::is_object) => {
            "object with names".to_owned()
        }
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some(other) => other.to_owned(),
        None => "object".to_owned(),
    }
}

fn plural(kind: &str) -> String {
    if kind.starts_with('`') { kind.to_owned() } else { format!("{kind}s") }
}

/// The values of an enumeration.
fn words(target: &Value) -> Option<Vec<String>> {
    let choices = target["oneOf"].as_array().into_iter().flatten();
    let constants = choices.filter_map(|choice| choice["const"].as_str()).map(str::to_owned);
    let listed = target["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let all: Vec<String> = constants.chain(listed).collect();
    (!all.is_empty()).then_some(all)
}

fn resolve<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    let name = property["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"));
    name.map_or(property, |name| &schema["$defs"][name])
}

fn one_line(description: &str) -> String {
    description.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
