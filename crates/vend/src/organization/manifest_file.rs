//! The file of a manifest, with the documents that it names.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use vending_client::OrganizationBlocker;
use vending_core::{ManifestDocument, Problem};
use vending_manifest::{Documents, Manifest, PolicyProblem, Source};

use crate::failure::{Failure, PlacedProblem};
use crate::file;

/// Where the manifest is in the body of a call.
const IN_BODY: &str = "/manifest";

/// A valid manifest.
#[derive(Debug)]
pub(crate) struct ManifestFile {
    pub(crate) name: String,
    source: Source,
    pub(crate) manifest: Manifest,
    /// The files that it names, and the cases of its policies, by their paths.
    pub(crate) documents: BTreeMap<String, String>,
}

impl ManifestFile {
    /// Reads and checks everything that needs no network: the manifest, its documents, and the cases of its policies. The
    /// documents of a manifest from stdin are those in the current folder. `consequence` ends the message of a failure.
    pub(crate) fn read(path: &Path, consequence: &str) -> Result<Self, Failure> {
        let (name, text) = file::read(path)?;
        let invalid = |problems: Vec<PlacedProblem>| {
            Failure::usage(format!("{name} is not valid{consequence}")).with_problems(problems)
        };
        let source = Source::parse(&name, &text)
            .map_err(|diagnostic| invalid(vec![PlacedProblem::of_diagnostic(*diagnostic)]))?;
        let folder = if file::is_stdin(path) { Path::new("") } else { path.parent().unwrap_or(Path::new("")) };
        let documents = read_documents(folder, &source)?;
        let known = Documents::new(documents.keys());
        let manifest = source
            .validate(Some(&known))
            .map_err(|diagnostics| invalid(diagnostics.into_iter().map(PlacedProblem::of_diagnostic).collect()))?;
        let file = Self { name: name.clone(), source, manifest, documents };
        let problems = file.problems_of_policies();
        if !problems.is_empty() {
            return Err(invalid(problems));
        }
        file.require_size()?;
        Ok(file)
    }

    /// Policies that cannot be used, and cases that fail. AWS is not asked.
    fn problems_of_policies(&self) -> Vec<PlacedProblem> {
        let tried = self.manifest.try_policies(&self.documents, &self.manifest.policy_values());
        let problem = |problem: PolicyProblem| {
            let problem = Problem::at(&["policies", &problem.policy], problem.detail);
            PlacedProblem::of_diagnostic(self.source.diagnostic(&problem))
        };
        tried.problems.into_iter().map(problem).collect()
    }

    pub(crate) fn value(&self) -> &Value {
        self.source.value()
    }

    fn require_size(&self) -> Result<(), Failure> {
        let size = json!({ "manifest": self.value(), "documents": self.documents }).to_string().len();
        if size <= ManifestDocument::MAXIMUM_BYTES {
            return Ok(());
        }
        let message = format!(
            "{} and its documents have {} KiB, and the API takes at most {} KiB; nothing was sent",
            self.name,
            size.div_ceil(1024),
            ManifestDocument::MAXIMUM_BYTES / 1024
        );
        Err(Failure::usage(message))
    }

    /// Adds the places to the problems of a refusal.
    pub(crate) fn locate(&self, failure: Failure) -> Failure {
        let problems = failure.problems.into_iter().map(|problem| match problem.pointer.strip_prefix(IN_BODY) {
            Some(pointer) => {
                let problem = Problem { pointer: pointer.to_owned(), detail: problem.detail };
                PlacedProblem::of_diagnostic(self.source.diagnostic(&problem))
            }
            None => problem,
        });
        Failure { problems: problems.collect(), ..failure }
    }

    /// What prevents a run, with its place in the file.
    pub(crate) fn place(&self, blocker: &OrganizationBlocker) -> PlacedProblem {
        let OrganizationBlocker { pointer, detail, remedy } = blocker;
        let problem = Problem { pointer: pointer.clone(), detail: format!("{detail}; {remedy}") };
        PlacedProblem::of_diagnostic(self.source.diagnostic(&problem))
    }
}

/// The documents that exist. Missing ones are problems of the manifest.
fn read_documents(folder: &Path, source: &Source) -> Result<BTreeMap<String, String>, Failure> {
    let paths = source.documents().into_iter().chain(source.optional_documents());
    let existing = paths.filter(|path| folder.join(path).is_file());
    let read = |path: String| {
        let (_, text) = file::read(&folder.join(&path))?;
        Ok((path, text))
    };
    existing.map(read).collect()
}
