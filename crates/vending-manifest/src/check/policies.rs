//! Which policies are attached where.

use std::collections::HashMap;

use serde_json::{Map, Value};
use strum::VariantArray;
use vending_core::Problem;
use vending_policies::PolicyType;

use super::{did_you_mean, problem};
use crate::tree::Place;

pub(super) fn problems(manifest: &Value, places: &[Place<'_>]) -> Vec<Problem> {
    let none = Map::new();
    let policies = manifest.get("policies").and_then(Value::as_object).unwrap_or(&none);
    let policy_type = |name: &str| policies.get(name)?.get("type")?.as_str()?.parse::<PolicyType>().ok();
    let mut found = Vec::new();
    for place in places {
        let mut attached: HashMap<PolicyType, usize> = HashMap::new();
        for (name, pointer) in place.strings("policies") {
            if !policies.contains_key(name) {
                found.push(problem(pointer, unknown(policies)(name)));
            } else if let Some(policy_type) = policy_type(name) {
                *attached.entry(policy_type).or_default() += 1;
            }
        }
        found.extend(PolicyType::VARIANTS.iter().filter_map(|policy_type| {
            let (most, count) = (policy_type.attachable()?, *attached.get(policy_type)?);
            (count > most).then(|| problem(format!("{}/policies", place.pointer), too_many(*policy_type, most, count)))
        }));
    }
    found
}

fn unknown(policies: &Map<String, Value>) -> impl Fn(&str) -> String {
    move |name| {
        let meant = did_you_mean(name, policies.keys().map(String::as_str));
        format!("must be one of the `policies` at the top of the manifest, not `{name}`{meant}")
    }
}

fn too_many(policy_type: PolicyType, most: usize, count: usize) -> String {
    let besides = match policy_type {
        PolicyType::Scp => " in addition to FullAWSAccess",
        PolicyType::Rcp => " in addition to RCPFullAWSAccess",
        _ => "",
    };
    format!("must have at most {most} of type {policy_type}{besides}, the quota of AWS, not {count}")
}
