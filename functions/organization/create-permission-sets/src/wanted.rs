//! The permission sets and groups that the manifest wants.

use std::collections::{BTreeMap, BTreeSet};

use iam_evaluation::Policy;
use serde_json::Value;
use vending_core::{PlanBlocker, Problem};
use vending_manifest::PermissionSet;
use vending_plans::Desired;

use crate::session;

/// A permission set of the manifest.
#[derive(Clone, Debug)]
pub(crate) struct WantedSet {
    /// `None` leaves the description as it is: AWS cannot remove one.
    pub(crate) description: Option<String>,
    pub(crate) session: String,
    /// The ARNs of AWS managed policies.
    pub(crate) policies: BTreeSet<String>,
    pub(crate) inline_policy: Option<Value>,
}

#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// By name. One that cannot be created is a blocker instead.
    pub(crate) sets: BTreeMap<String, WantedSet>,
    /// The names of all permission sets of the manifest.
    pub(crate) names: BTreeSet<String>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) creates_groups: bool,
    pub(crate) blockers: Vec<PlanBlocker>,
}

impl Wanted {
    pub(crate) fn of(desired: &Desired) -> Self {
        let Some(fields) = &desired.manifest.identity_center else { return Self::default() };
        let mut wanted = Self {
            groups: fields.groups.iter().flatten().cloned().collect(),
            creates_groups: fields.create_groups.unwrap_or(false),
            ..Self::default()
        };
        for (name, set) in fields.permission_sets.iter().flatten() {
            wanted.names.insert(name.clone());
            match wanted_set(set, &desired.documents) {
                Ok(set) => drop(wanted.sets.insert(name.clone(), set)),
                Err(invalid) => wanted.blockers.push(invalid.blocker(name)),
            }
        }
        wanted
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.groups.is_empty()
    }
}

/// What is wrong with a field of a permission set.
struct Invalid {
    field: &'static str,
    detail: String,
}

impl Invalid {
    fn blocker(self, name: &str) -> PlanBlocker {
        PlanBlocker {
            pointer: format!("{}/{}", pointer(name), self.field),
            detail: self.detail,
            remedy: "correct it, and make a new plan".to_owned(),
        }
    }
}

fn wanted_set(set: &PermissionSet, documents: &BTreeMap<String, String>) -> Result<WantedSet, Invalid> {
    let invalid = |field| move |detail| Invalid { field, detail };
    let description = set.description.as_deref().map(description).transpose().map_err(invalid("description"))?;
    let inline_policy = set.inline_policy.as_deref().map(|path| inline_policy(path, documents)).transpose();
    Ok(WantedSet {
        description,
        session: set.session.clone().unwrap_or_else(|| session::DEFAULT.to_owned()),
        policies: set.policy_arns.iter().cloned().collect(),
        inline_policy: inline_policy.map_err(invalid("inlinePolicy"))?,
    })
}

/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
fn description(text: &str) -> Result<String, String> {
    if text.chars().all(|character| matches!(character, ' '..='~' | '\u{a1}'..='\u{ff}')) {
        return Ok(text.to_owned());
    }
    Err("must have only characters of Latin-1, which AWS accepts".to_owned())
}

fn inline_policy(path: &str, documents: &BTreeMap<String, String>) -> Result<Value, String> {
    let text = documents.get(path).ok_or_else(|| format!("needs the file {path} in the folder of the manifest"))?;
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("must be valid JSON: {path} is not: {error}"))?;
    Policy::parse(&value).map_err(|error| format!("must be an IAM policy: {path} is not: {error}"))?;
    let text = value.to_string();
    let count = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
    if count > MAXIMUM_WITHOUT_SPACE || text.len() > MAXIMUM {
        let detail = format!(
            "must have at most {MAXIMUM_WITHOUT_SPACE} characters without white space, the quota of AWS, but {path} has {count}"
        );
        return Err(detail);
    }
    Ok(value)
}

/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
const MAXIMUM_WITHOUT_SPACE: usize = 10_240;
/// <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutInlinePolicyToPermissionSet.html>
const MAXIMUM: usize = 32_768;

/// The JSON pointer of a permission set in the manifest.
pub(crate) fn pointer(name: &str) -> String {
    Problem::at(&["identityCenter", "permissionSets", name], "").pointer
}
