//! The file of a manifest, with the documents that it names.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use vending_client::OrganizationBlocker;
use vending_core::{ManifestDocument, Problem};
use vending_manifest::Source;

use crate::failure::{Failure, PlacedProblem};
use crate::file;

/// Where the manifest is in the body of a call.
const IN_BODY: &str = "/manifest";

/// A valid manifest.
#[derive(Debug)]
pub(crate) struct ManifestFile {
    pub(crate) name: String,
    source: Source,
    /// The files that it names, by their paths, if all exist.
    pub(crate) documents: Option<BTreeMap<String, String>>,
    /// The files that it names and that do not exist. This version manages nothing that needs them.
    pub(crate) missing_documents: Vec<String>,
}

impl ManifestFile {
    /// Reads and checks everything that needs no network. The documents of a manifest from stdin are those in the
    /// current folder.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let (name, text) = file::read(path)?;
        let invalid = |problems: Vec<PlacedProblem>| {
            Failure::usage(format!("{name} is not valid; nothing was sent")).with_problems(problems)
        };
        let source = Source::parse(&name, &text)
            .map_err(|diagnostic| invalid(vec![PlacedProblem::of_diagnostic(*diagnostic)]))?;
        let folder = if file::is_stdin(path) { Path::new("") } else { path.parent().unwrap_or(Path::new("")) };
        source
            .validate(None)
            .map_err(|diagnostics| invalid(diagnostics.into_iter().map(PlacedProblem::of_diagnostic).collect()))?;
        let (existing, missing_documents): (Vec<_>, Vec<_>) =
            source.documents().into_iter().partition(|document| folder.join(document).is_file());
        let documents = existing.into_iter().map(|document| {
            let (_, text) = file::read(&folder.join(&document))?;
            Ok((document, text))
        });
        let documents = documents.collect::<Result<BTreeMap<_, _>, Failure>>()?;
        let documents = missing_documents.is_empty().then_some(documents);
        let manifest = Self { name, source, documents, missing_documents };
        manifest.require_size()?;
        Ok(manifest)
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
