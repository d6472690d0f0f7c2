//! One change of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One value that a run changes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationChange {
    /// The function that makes the change.
    pub function: String,
    /// The path of an OU, `root`, `organization`, or the name of what is changed, like `policy deny-root-user`.
    pub target: String,
    /// The field of the manifest, or `id` or `path` of an OU.
    pub field: String,
    /// The value before; `null` if there is none.
    pub from: Value,
    /// The value after; `null` if there is none.
    pub to: Value,
    /// What the change needs.
    #[serde(default)]
    pub class: ChangeClass,
    /// What the change costs, or why it must be allowed. `null` for a plain change.
    #[serde(default)]
    pub why: Option<String>,
    /// What a policy reaches. `null` for everything else.
    #[serde(default)]
    pub reach: Option<Reach>,
}

/// What a change needs, from the least to the most.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChangeClass {
    /// Nothing but the run.
    #[default]
    Plain,
    /// Nothing but the run, but AWS charges for it.
    Costs,
    /// It cannot be undone, or it can lock people out. The run must name it in `allow`.
    Guarded,
}

/// The accounts that a policy holds for.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// The paths of the OUs that the policy is attached to, or `root`.
    pub organizational_units: Vec<String>,
    /// The number of accounts in them and below.
    pub accounts: usize,
}

impl OrganizationChange {
    /// A plain change.
    pub fn new(function: &str, target: impl Into<String>, field: impl Into<String>, from: Value, to: Value) -> Self {
        Self {
            function: function.to_owned(),
            target: target.into(),
            field: field.into(),
            from,
            to,
            class: ChangeClass::Plain,
            why: None,
            reach: None,
        }
    }

    /// A change that AWS charges for. `price` is the price of a unit.
    #[must_use]
    pub fn with_price(self, price: impl Into<String>) -> Self {
        Self { class: ChangeClass::Costs, why: Some(price.into()), ..self }
    }

    /// A change that a run must name.
    #[must_use]
    pub fn guarded(self, why: impl Into<String>) -> Self {
        Self { class: ChangeClass::Guarded, why: Some(why.into()), ..self }
    }

    /// The name of the change, which is unique in a plan: `Workloads/Production:name`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.target, self.field)
    }

    pub fn is_guarded(&self) -> bool {
        self.class == ChangeClass::Guarded
    }

    /// Whether both turn the same value into the same other value. Whom a policy reaches can change in between.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.function, &self.target, &self.field) == (&other.function, &other.target, &other.field)
            && (&self.from, &self.to) == (&other.from, &other.to)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change() -> OrganizationChange {
        OrganizationChange::new("create-units", "Workloads", "name", json!("Work"), json!("Workloads"))
    }

    #[test]
    fn change_of_an_earlier_version_is_plain() {
        let change = json!({ "function": "f", "target": "root", "field": "a", "from": null, "to": 1 });
        let change: OrganizationChange = serde_json::from_value(change).unwrap();
        assert_eq!((change.class, change.why, change.reach), (ChangeClass::Plain, None, None));
    }

    #[test]
    fn name_is_the_target_and_the_field() {
        assert_eq!(change().name(), "Workloads:name");
    }

    #[test]
    fn same_change_may_reach_other_accounts() {
        let guarded = change().guarded("renames an OU with accounts");
        assert!(guarded.is_guarded());
        let more = Reach { organizational_units: vec!["Workloads".to_owned()], accounts: 2 };
        assert!(guarded.is_same(&OrganizationChange { reach: Some(more), ..change() }));
        assert!(!change().is_same(&OrganizationChange { from: json!("Other"), ..change() }));
        assert!(!change().is_same(&OrganizationChange { field: "path".to_owned(), ..change() }));
    }
}
