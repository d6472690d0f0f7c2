//! The parts of one report, and their results.

use std::collections::{BTreeMap, BTreeSet};

use vending_core::{ReportPart, RequestId, StepError};

#[derive(Debug)]
pub(crate) struct Parts {
    included: BTreeSet<ReportPart>,
    failures: BTreeMap<ReportPart, StepError>,
}

impl Parts {
    pub(crate) fn all() -> Self {
        Self::new(ReportPart::ALL.into())
    }

    pub(crate) const fn new(included: BTreeSet<ReportPart>) -> Self {
        Self { included, failures: BTreeMap::new() }
    }

    pub(crate) fn includes(&self, part: ReportPart) -> bool {
        self.included.contains(&part)
    }

    pub(crate) fn remove(&mut self, part: ReportPart) {
        self.included.remove(&part);
    }

    pub(crate) fn add_result(&mut self, part: ReportPart, result: Result<(), StepError>) {
        if let Err(error) = result {
            self.failures.insert(part, error);
        }
    }

    pub(crate) fn failed(&self) -> BTreeSet<ReportPart> {
        self.failures.keys().copied().collect()
    }

    /// Logs all errors, and returns the first one.
    pub(crate) fn into_result(self, request_id: &RequestId) -> Result<(), StepError> {
        for error in self.failures.values() {
            tracing::error!(%request_id, code = %error.code(), "could not report the outcome: {error}");
        }
        self.failures.into_values().next().map_or(Ok(()), Err)
    }
}
