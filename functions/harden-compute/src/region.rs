//! One region of the account, with what is to be seen to there.

use vending_core::{ErrorCode, StepError};
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
            match default_vpc.converge(changes).await {
                Ok(note) => remarks.notes.extend(note),
                Err(error) if self.is_closed(&error) => remarks.closed.push(self.name.clone()),
                Err(error) => return Err(error),
            }
        }
        Ok(remarks)
    }

    /// Organizations deny what is done in regions that they do not use. Nobody can use the default VPC there either.
    fn is_closed(&self, error: &StepError) -> bool {
        self.settings.is_none() && error.code() == ErrorCode::AccessDenied
    }
}

/// What the reader of the report should know of a region, or of several.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    pub(crate) notes: Vec<String>,
    pub(crate) pending: bool,
    /// The regions where a policy denies to see to the default VPC.
    pub(crate) closed: Vec<String>,
}

impl Remarks {
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.notes.extend(other.notes);
        self.closed.extend(other.closed);
        Self { pending: self.pending || other.pending, ..self }
    }

    pub(crate) fn on(mut self, converged: Converged) -> Converged {
        if !self.closed.is_empty() {
            self.notes.push(format!("a policy denies to see to the default VPC in {}", self.closed.join(", ")));
        }
        let converged = if self.pending { converged.pending() } else { converged };
        if self.notes.is_empty() { converged } else { converged.with_note(self.notes.join("; ")) }
    }
}
