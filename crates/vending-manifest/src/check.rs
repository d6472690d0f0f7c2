//! Checks what one part of the manifest says of another. The parts may still have problems of their own.

mod access;
mod accounts;
mod files;
mod names;
mod paths;
mod policies;
mod regions;

use serde_json::Value;
use vending_core::Problem;

pub(crate) use files::documents;

use crate::documents::Documents;
use crate::tree::places;

pub(crate) fn problems(manifest: &Value, documents: Option<&Documents>) -> Vec<Problem> {
    let places = places(manifest);
    if places.len() > MAXIMUM_UNITS + 1 {
        let detail = format!("must have at most {MAXIMUM_UNITS} OUs with all below, the quota of AWS");
        return vec![problem("/root/organizationalUnits", detail)];
    }
    let mut found = regions::problems(manifest);
    found.extend(names::problems(&places));
    found.extend(policies::problems(manifest, &places));
    found.extend(accounts::problems(manifest, &places));
    found.extend(access::problems(manifest, &places));
    found.extend(paths::problems(manifest, &places));
    found.extend(documents.into_iter().flat_map(|documents| files::problems(manifest, documents)));
    found
}

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const MAXIMUM_UNITS: usize = 2_000;

fn problem(pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
    Problem { pointer: pointer.into(), detail: detail.into() }
}

/// Suggests what a name may have meant.
fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    vending_core::nearest(name, candidates).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
}
