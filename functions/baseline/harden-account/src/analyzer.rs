//! Creates an external access analyzer of IAM Access Analyzer in each governed Region.

use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{AnalyzerStatus, AnalyzerSummary, Type};
use time::OffsetDateTime;
use vending_core::StepError;
use vending_runtime::{Changes, Context, WhilePropagating, error_code, in_each_region};

use crate::organization::Coverage;
use crate::part::{Part, joined};

const NAME: &str = "account-vending";

pub(crate) struct Analyzers<'a> {
    pub(crate) clients: &'a [(String, Client)],
    pub(crate) coverage: &'a Coverage,
    pub(crate) propagation_end: OffsetDateTime,
}

impl Analyzers<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Part, StepError> {
        let converged = self.converge_uncovered_regions(changes).await?;
        let (regions, notes): (Vec<String>, Vec<Option<String>>) = converged.into_iter().unzip();
        let summaries = [
            in_regions("the organization's analyzers cover the account", self.coverage.regions.iter()),
            in_regions("an analyzer covers the account", regions.iter()),
        ];
        Ok(Part {
            summary: joined(summaries.iter().map(Option::as_deref)),
            note: joined(notes.iter().chain([&self.coverage.note]).map(Option::as_deref)),
        })
    }

    async fn converge_uncovered_regions(&self, changes: &Changes) -> Result<Vec<(String, Option<String>)>, StepError> {
        let uncovered = self.clients.iter().filter(|(region, _)| !self.coverage.regions.contains(region));
        let work = uncovered.map(|(region, client)| {
            let regional = Regional { region, client, propagation_end: self.propagation_end };
            let part = format!("analyzer in {region}");
            (region.clone(), changes.part(part, async move |changes| regional.converge(&changes).await))
        });
        in_each_region(work).await
    }
}

fn in_regions<'a>(text: &str, regions: impl Iterator<Item = &'a String>) -> Option<String> {
    let regions = regions.map(String::as_str).collect::<Vec<_>>().join(", ");
    (!regions.is_empty()).then(|| format!("{text} in {regions}"))
}

/// The analyzer of one Region.
struct Regional<'a> {
    region: &'a str,
    client: &'a Client,
    propagation_end: OffsetDateTime,
}

impl Regional<'_> {
    /// Returns a note if the analyzer is not active. An analyzer of any name is accepted, because AWS allows an account
    /// only one of this type.
    async fn converge(&self, changes: &Changes) -> Result<Option<String>, StepError> {
        let mut analyzers = self.client.list_analyzers().r#type(Type::Account).into_paginator().items().send();
        let analyzer = analyzers.try_next().await.context("list the analyzers");
        if let Some(analyzer) = analyzer.retry_while_propagating(self.propagation_end)? {
            return Ok(self.status_note(&analyzer));
        }
        changes.make(format!("created the analyzer {NAME} in {}", self.region), self.create()).await?;
        Ok(None)
    }

    fn status_note(&self, analyzer: &AnalyzerSummary) -> Option<String> {
        let is_active = matches!(analyzer.status, AnalyzerStatus::Active | AnalyzerStatus::Creating);
        (!is_active).then(|| format!("the analyzer {} in {} is {}", analyzer.name, self.region, analyzer.status))
    }

    async fn create(&self) -> Result<(), StepError> {
        match self.client.create_analyzer().analyzer_name(NAME).r#type(Type::Account).send().await {
            // Another caller created an analyzer concurrently. The read-back checks it.
            Err(error) if matches!(error_code(&error), Some("ConflictException" | "ServiceQuotaExceededException")) => {
                Ok(())
            }
            created => {
                let created = created.context(format!("create the analyzer {NAME}"));
                created.retry_while_propagating(self.propagation_end).map(drop)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
