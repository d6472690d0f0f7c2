//! Merges management policies by their inheritance operators.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html>,
//! <https://docs.aws.amazon.com/organizations/latest/userguide/inheritance-examples.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::policies::{CHILD_CONTROL, OPERATORS};

/// Returns the effective policy of the policies at each level, from the root to the account. At a level, they are in the
/// order in which they were attached.
pub(super) fn effective(levels: &[Vec<Value>]) -> Value {
    let mut root = Setting::default();
    for policies in levels {
        let policies: Vec<&Map<String, Value>> = policies.iter().filter_map(Value::as_object).collect();
        root.apply(&policies);
    }
    root.shown().unwrap_or_else(|| Value::Object(Map::new()))
}

/// A setting with what it has inherited.
struct Setting {
    value: Option<Value>,
    /// The operators that the policies of the levels above allow.
    allowed: Vec<&'static str>,
    settings: BTreeMap<String, Setting>,
}

impl Default for Setting {
    fn default() -> Self {
        Self { value: None, allowed: OPERATORS.to_vec(), settings: BTreeMap::new() }
    }
}

impl Setting {
    /// Applies what the policies of a level say about this setting.
    fn apply(&mut self, policies: &[&Map<String, Value>]) {
        self.set_value(policies);
        let names = policies.iter().flat_map(|policy| policy.keys()).filter(|name| !name.starts_with("@@"));
        for name in names.collect::<BTreeSet<_>>() {
            let nested: Vec<_> = policies.iter().filter_map(|policy| policy.get(name)?.as_object()).collect();
            // A new setting cannot set what its parent does not allow.
            let new = Self { allowed: self.allowed.clone(), ..Self::default() };
            self.settings.entry(name.clone()).or_insert(new).apply(&nested);
        }
        for control in policies.iter().filter_map(|policy| policy.get(CHILD_CONTROL)?.as_array()) {
            let is_allowed = |operator: &&'static str| control.iter().any(|one| one == "@@all" || one == operator);
            self.allowed.retain(is_allowed);
        }
    }

    /// The first policy that assigns a value wins: "Policies are evaluated based on the order in which they were
    /// attached".
    fn set_value(&mut self, policies: &[&Map<String, Value>]) {
        let [assign, append, remove] = OPERATORS;
        if let Some(value) = self.given(policies, assign).first() {
            self.value = Some((*value).clone());
        }
        for added in self.given(policies, append).into_iter().flat_map(as_list) {
            if let Value::Array(values) = self.value.get_or_insert_with(|| Value::Array(Vec::new()))
                && !values.contains(added)
            {
                values.push(added.clone());
            }
        }
        for removed in self.given(policies, remove).into_iter().flat_map(as_list) {
            if let Some(Value::Array(values)) = &mut self.value {
                values.retain(|value| value != removed);
            }
        }
    }

    /// Returns what the policies say by an operator, if it is allowed.
    fn given<'a>(&self, policies: &[&'a Map<String, Value>], operator: &str) -> Vec<&'a Value> {
        if !self.allowed.contains(&operator) {
            return Vec::new();
        }
        policies.iter().filter_map(|policy| policy.get(operator)).collect()
    }

    /// Returns `None` for a setting without a value.
    fn shown(&self) -> Option<Value> {
        if self.value.is_some() {
            return self.value.clone();
        }
        let shown = self.settings.iter().filter_map(|(name, setting)| Some((name.clone(), setting.shown()?)));
        let shown: Map<String, Value> = shown.collect();
        (!shown.is_empty()).then_some(Value::Object(shown))
    }
}

fn as_list(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A tag policy for one key.
    fn tag(key: &str, settings: &Value) -> Value {
        json!({"tags": {key: settings}})
    }

    fn cost_centers() -> Value {
        tag(
            "costcenter",
            &json!({"tag_key": {"@@assign": "CostCenter"}, "tag_value": {"@@assign": ["Development", "Support"]}}),
        )
    }

    #[test]
    fn child_policy_overwrites_assigned_values() {
        let child = json!({"tag_value": {"@@assign": ["Sandbox"]}, "enforced_for": {"@@assign": ["dynamodb:table"]}});
        assert_eq!(
            effective(&[vec![cost_centers()], vec![tag("costcenter", &child)]]),
            tag(
                "costcenter",
                &json!({"tag_key": "CostCenter", "tag_value": ["Sandbox"], "enforced_for": ["dynamodb:table"]})
            )
        );
    }

    #[test]
    fn values_are_appended_and_removed() {
        let append = json!({"tag_value": {"@@append": ["Marketing"]}, "enforced_for": {"@@append": ["redshift:*"]}});
        let append = tag("costcenter", &append);
        let appended = effective(&[vec![cost_centers()], vec![append.clone()], vec![]]);
        let tag_value = json!(["Development", "Support", "Marketing"]);
        assert_eq!(appended["tags"]["costcenter"]["tag_value"], tag_value);
        assert_eq!(appended["tags"]["costcenter"]["enforced_for"], json!(["redshift:*"]));
        let remove = tag("costcenter", &json!({"tag_value": {"@@remove": ["Development", "Marketing"]}}));
        let removed = effective(&[vec![cost_centers()], vec![append], vec![remove]]);
        assert_eq!(removed["tags"]["costcenter"]["tag_value"], json!(["Support"]));
    }

    #[test]
    fn operators_that_a_parent_forbids_are_ignored() {
        let parent = json!({
            "tag_key": {CHILD_CONTROL: ["@@none"], "@@assign": "Project"},
            "tag_value": {CHILD_CONTROL: ["@@append"], "@@assign": ["Maintenance"]},
        });
        let child = json!({
            "tag_key": {CHILD_CONTROL: ["@@all"], "@@assign": "PROJECT"},
            "tag_value": {"@@assign": ["Other"], "@@append": ["Research"]},
        });
        let levels = [vec![tag("project", &parent)], vec![tag("project", &child)], vec![tag("project", &child)]];
        let expected = tag("project", &json!({"tag_key": "Project", "tag_value": ["Maintenance", "Research"]}));
        assert_eq!(effective(&levels), expected);
    }

    #[test]
    fn locked_setting_gets_no_new_settings() {
        let root =
            json!({"services": {CHILD_CONTROL: ["@@none"], "default": {"opt_out_policy": {"@@assign": "optOut"}}}});
        let child = json!({"services": {
            "default": {"opt_out_policy": {"@@assign": "optIn"}},
            "rekognition": {"opt_out_policy": {"@@assign": "optIn"}},
        }});
        assert_eq!(
            effective(&[vec![root], vec![child]]),
            json!({"services": {"default": {"opt_out_policy": "optIn"}}}),
            "the default itself is not locked"
        );
    }

    #[test]
    fn policies_at_a_level_share_their_restrictions() {
        let append_only = json!({"tag_value": {CHILD_CONTROL: ["@@append"], "@@assign": ["Maintenance"]}});
        let both = json!({"tag_value": {CHILD_CONTROL: ["@@append", "@@remove"]}});
        let child = json!({"tag_value": {"@@append": ["Research"], "@@remove": ["Maintenance"]}});
        let levels = [vec![tag("project", &append_only), tag("project", &both)], vec![tag("project", &child)]];
        assert_eq!(effective(&levels), tag("project", &json!({"tag_value": ["Maintenance", "Research"]})));
    }

    #[test]
    fn first_attached_policy_wins_at_a_level() {
        let first = json!({"tag_key": {"@@assign": "PROJECT"}, "tag_value": {"@@append": ["Maintenance"]}});
        let second = json!({"tag_key": {"@@assign": "project"}});
        assert_eq!(
            effective(&[vec![tag("project", &first), tag("project", &second)]]),
            tag("project", &json!({"tag_key": "PROJECT", "tag_value": ["Maintenance"]}))
        );
        assert_eq!(effective(&[vec![], vec![json!({"tags": {}})]]), json!({}));
    }
}
