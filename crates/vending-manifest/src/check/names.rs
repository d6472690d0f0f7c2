//! The names and the depth of OUs.

use std::collections::BTreeMap;

use vending_core::{MAXIMUM_OU_DEPTH, Problem};

use super::problem;
use crate::tree::Place;

pub(super) fn problems(places: &[Place<'_>]) -> Vec<Problem> {
    let mut found = Vec::new();
    for place in places {
        // Only the first level that is too deep: those below move up with it.
        if place.path.len() == MAXIMUM_OU_DEPTH + 1 {
            let detail = format!("must be at most {MAXIMUM_OU_DEPTH} levels below the root, the maximum of AWS");
            found.push(problem(&place.pointer, detail));
        }
        siblings(&place.units(), &mut found);
    }
    found
}

/// The names of OUs with the same parent, present and former. AWS compares them without case.
fn siblings(units: &[Place<'_>], found: &mut Vec<Problem>) {
    let mut present: BTreeMap<String, &str> = BTreeMap::new();
    for unit in units {
        let Some(name) = unit.path.last() else { continue };
        match present.get(&name.to_lowercase()) {
            Some(other) => found.push(problem(&unit.pointer, same_name(other))),
            None => drop(present.insert(name.to_lowercase(), name)),
        }
    }
    let mut former: BTreeMap<String, &str> = BTreeMap::new();
    for unit in units {
        let Some(own) = unit.path.last() else { continue };
        for (name, pointer) in unit.strings("formerly") {
            let lower = name.to_lowercase();
            if let Some(other) = present.get(&lower) {
                found.push(problem(pointer, still_there(other, own)));
            } else if let Some(other) = former.get(&lower).filter(|other| *other != own) {
                found.push(problem(pointer, format!("is also a former name of `{other}`")));
            } else {
                former.insert(lower, own);
            }
        }
    }
}

fn same_name(other: &str) -> String {
    format!("has the name of `{other}` next to it: AWS compares names without case")
}

fn still_there(name: &str, own: &str) -> String {
    if name == own {
        return "must be another name than the present one".to_owned();
    }
    format!("must be a name that no OU has: the manifest still has `{name}` next to it")
}
