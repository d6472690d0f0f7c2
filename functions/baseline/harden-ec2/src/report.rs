//! What the step reports.

use vending_runtime::Converged;

/// What the step reports about one Region, or about several.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionReport {
    pub(crate) notes: Vec<String>,
    pub(crate) pending: bool,
    /// The Regions where a policy denies reading the default VPC.
    pub(crate) denied_regions: Vec<String>,
}

impl RegionReport {
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.notes.extend(other.notes);
        self.denied_regions.extend(other.denied_regions);
        Self { pending: self.pending || other.pending, ..self }
    }

    pub(crate) fn add_to(mut self, converged: Converged) -> Converged {
        if !self.denied_regions.is_empty() {
            self.notes.push(format!(
                "not allowed by policy to inspect the default VPC in {}",
                self.denied_regions.join(", ")
            ));
        }
        let converged = if self.pending { converged.pending() } else { converged };
        if self.notes.is_empty() { converged } else { converged.with_note(self.notes.join("; ")) }
    }
}
