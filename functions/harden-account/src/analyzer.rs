//! IAM Access Analyzer: finds what the account shares with the world, in each governed region.

use std::error::Error;

use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_accessanalyzer::types::{AnalyzerStatus, AnalyzerSummary, Type};
use time::OffsetDateTime;
use vending_core::StepError;
use vending_runtime::{Changes, MemberSession, error_code, from_sdk, in_each_region, settling};

use crate::organization::Coverage;
use crate::part::{Part, joined};

const NAME: &str = "account-vending";

/// One client for each region.
pub(crate) fn clients(session: &MemberSession, regions: &[String]) -> Vec<(String, Client)> {
    regions.iter().map(|region| (region.clone(), Client::new(&session.in_region(region)))).collect()
}

pub(crate) struct Analyzers<'a> {
    pub(crate) clients: &'a [(String, Client)],
    pub(crate) coverage: &'a Coverage,
    pub(crate) ready_by: OffsetDateTime,
}

impl Analyzers<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Part, StepError> {
        let looked_at = self.in_uncovered_regions(changes).await?;
        let (regions, notes): (Vec<String>, Vec<Option<String>>) = looked_at.into_iter().unzip();
        let found = [
            in_regions("the organization's analyzers look at the account", self.coverage.regions.iter()),
            in_regions("an analyzer looks at the account", regions.iter()),
        ];
        Ok(Part {
            found: joined(found.iter().map(Option::as_deref)),
            note: joined(notes.iter().chain([&self.coverage.note]).map(Option::as_deref)),
        })
    }

    async fn in_uncovered_regions(&self, changes: &Changes) -> Result<Vec<(String, Option<String>)>, StepError> {
        let uncovered = self.clients.iter().filter(|(region, _)| !self.coverage.regions.contains(region));
        let work = uncovered.map(|(region, client)| {
            let regional = Regional { region, client, ready_by: self.ready_by };
            (region.clone(), regional.converge(changes))
        });
        in_each_region(work).await
    }
}

fn in_regions<'a>(what: &str, regions: impl Iterator<Item = &'a String>) -> Option<String> {
    let regions = regions.map(String::as_str).collect::<Vec<_>>().join(", ");
    (!regions.is_empty()).then(|| format!("{what} in {regions}"))
}

/// The analyzer of one region.
struct Regional<'a> {
    region: &'a str,
    client: &'a Client,
    ready_by: OffsetDateTime,
}

impl Regional<'_> {
    /// Answers a note. An analyzer of any name will do: AWS allows an account one of this type.
    async fn converge(self, changes: &Changes) -> Result<Option<String>, StepError> {
        let listed = self.client.list_analyzers().r#type(Type::Account).send().await;
        let listed = listed.map_err(|error| self.failed("list the analyzers", &error))?;
        if let Some(analyzer) = listed.analyzers.first() {
            return Ok(self.complaint(analyzer));
        }
        changes.make(format!("created the analyzer {NAME} in {}", self.region), self.create()).await?;
        Ok(None)
    }

    fn complaint(&self, analyzer: &AnalyzerSummary) -> Option<String> {
        let works = matches!(analyzer.status, AnalyzerStatus::Active | AnalyzerStatus::Creating);
        (!works).then(|| format!("the analyzer {} in {} is {}", analyzer.name, self.region, analyzer.status))
    }

    async fn create(&self) -> Result<(), StepError> {
        match self.client.create_analyzer().analyzer_name(NAME).r#type(Type::Account).send().await {
            Ok(_) => Ok(()),
            // Somebody else made one meanwhile; reading it back proves it.
            Err(error) if matches!(error_code(&error), Some("ConflictException" | "ServiceQuotaExceededException")) => {
                Ok(())
            }
            Err(error) => Err(self.failed(&format!("create the analyzer {NAME}"), &error)),
        }
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        settling(from_sdk(doing, error), self.ready_by)
    }
}

#[cfg(test)]
pub(crate) mod tests;
