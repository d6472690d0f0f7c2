//! One region of the account, with what is to be seen to there.

use vending_core::StepError;
use vending_runtime::{Changes, Converged};

use crate::default_vpc::DefaultVpc;
use crate::settings::Settings;

#[derive(Debug)]
pub struct Region {
    name: String,
    settings: Option<Settings>,
    default_vpc: Option<DefaultVpc>,
}

impl Region {
    pub(crate) fn new(name: &str, settings: Option<Settings>, default_vpc: Option<DefaultVpc>) -> Self {
        Self { name: name.to_owned(), settings, default_vpc }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Remarks, StepError> {
        let mut remarks = Remarks::default();
        if let Some(settings) = &self.settings {
            remarks = remarks.and(settings.converge(changes).await?);
        }
        if let Some(default_vpc) = &self.default_vpc {
            remarks.notes.extend(default_vpc.converge(changes).await?);
        }
        Ok(remarks)
    }
}

/// What the reader of the report should know of a region, or of several.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    pub(crate) notes: Vec<String>,
    pub(crate) pending: bool,
}

impl Remarks {
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.notes.extend(other.notes);
        Self { notes: self.notes, pending: self.pending || other.pending }
    }

    pub(crate) fn on(self, converged: Converged) -> Converged {
        let converged = if self.pending { converged.pending() } else { converged };
        if self.notes.is_empty() { converged } else { converged.with_note(self.notes.join("; ")) }
    }
}
