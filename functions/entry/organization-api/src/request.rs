//! Parses the bodies of calls.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use vending_core::{ManifestDocument, ObjectReader, PlanId, Problem, json_type};
use vending_manifest::{Documents, Manifest};

/// The body of `POST /organization/plans`. Returns all problems at once, with pointers into the body.
pub(crate) fn manifest(body: &Value) -> Result<ManifestDocument, Vec<Problem>> {
    let mut fields = ObjectReader::new(object(body)?);
    let manifest = fields.any("manifest");
    let documents = fields.strings("documents", |_, _| None);
    let files = Documents::new(documents.iter().map(|(path, _)| path));
    match manifest {
        Some(manifest) => {
            let problems = Manifest::from_json(manifest, Some(&files)).err();
            fields.problems_of("manifest", problems.into_iter().flatten());
        }
        None => fields.problem("manifest", "is required"),
    }
    let problems = fields.finish();
    match manifest {
        Some(manifest) if problems.is_empty() => {
            Ok(ManifestDocument { manifest: manifest.clone(), documents: documents.into_iter().collect() })
        }
        _ => Err(problems),
    }
}

/// The body of `POST /organization/runs`.
#[derive(Debug)]
pub(crate) struct RunRequest {
    pub(crate) plan_id: PlanId,
    /// The names of the guarded changes that the run may make.
    pub(crate) allowed: BTreeSet<String>,
}

const MAXIMUM_ALLOWED: usize = 1_000;

pub(crate) fn run(body: &Value) -> Result<RunRequest, Vec<Problem>> {
    let mut fields = ObjectReader::new(object(body)?);
    let plan_id = fields.required("planId", |text| {
        text.parse().map_err(|_| "must be the planId of a response to POST /organization/plans".to_owned())
    });
    let allowed = fields.list("allow", 0..=MAXIMUM_ALLOWED, |name: &str| Ok(name.to_owned()));
    let problems = fields.finish();
    let request = plan_id.map(|plan_id| RunRequest { plan_id, allowed: allowed.into_iter().collect() });
    request.filter(|_| problems.is_empty()).ok_or(problems)
}

fn object(body: &Value) -> Result<&Map<String, Value>, Vec<Problem>> {
    let not_an_object = || vec![Problem::at(&[], format!("must be a JSON object, not {}", json_type(body)))];
    body.as_object().ok_or_else(not_an_object)
}
