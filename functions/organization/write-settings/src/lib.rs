//! Writes the settings that follow from the organization manifest: who may request what, and what accounts get.
//!
//! No other function may write them. This one acts on the record of a plan or a run and on the stored manifest; its
//! payload only names them. A run changes nothing that its plan does not list.

mod apply;
mod blockers;
mod changes;
mod config;
mod store;

use aws_config::SdkConfig;
use serde::Serialize;
use vending_core::{PlanInput, PlanMode, PlanReport, Settings, StepError};
use vending_manifest::Manifest;
use vending_organization::Organization;
use vending_records::Objects;
use vending_runtime::Handler;

use crate::store::{Store, StoredSettings};

pub use config::Config;

/// The folder of this function, which names its reports and changes.
const FOLDER: &str = "write-settings";

/// What the execution shows. The report has the rest.
#[derive(Debug, Serialize)]
pub struct Output {
    changes: usize,
    blockers: usize,
}

#[derive(Debug)]
pub struct WriteSettings {
    store: Store,
    organization: Organization,
    customizations: Vec<String>,
}

impl WriteSettings {
    pub fn new(sdk: &SdkConfig, config: Config) -> Self {
        Self {
            store: Store::new(Objects::new(aws_sdk_s3::Client::new(sdk), config.records_bucket)),
            organization: Organization::new(aws_sdk_organizations::Client::new(sdk)),
            customizations: config.customizations,
        }
    }
}

impl Handler for WriteSettings {
    const NAME: &'static str = "WriteSettings";
    type Input = PlanInput;
    type Output = Output;

    async fn handle(&self, input: PlanInput) -> Result<Output, StepError> {
        let record = self.store.record(&input).await?;
        let manifest = self.store.manifest(&record.manifest_digest).await?;
        let stored = self.store.settings().await?;
        let comparison = self.compare(&manifest, stored).await?;
        let report = match input.mode {
            PlanMode::Plan => comparison.report,
            PlanMode::Apply => self.apply(&input, comparison).await?,
        };
        self.store.put_report(&input, &report).await?;
        Ok(Output { changes: report.changes.len(), blockers: report.blockers.len() })
    }
}

/// The settings as they are and as they will be.
#[derive(Debug)]
struct Comparison {
    stored: StoredSettings,
    wanted: Settings,
    report: PlanReport,
}

impl WriteSettings {
    async fn compare(&self, manifest: &Manifest, stored: StoredSettings) -> Result<Comparison, StepError> {
        let units = blockers::find_units(&self.organization, manifest).await?;
        let wanted = manifest.settings(&units.root, &units.ids);
        let mut found = units.blockers;
        found.extend(blockers::of_customizations(manifest, &self.customizations));
        let report = PlanReport {
            schema_version: PlanReport::SCHEMA_VERSION,
            changes: changes::between(stored.settings.as_ref(), &wanted),
            blockers: found,
            not_managed: manifest.not_managed(),
            is_applied: false,
        };
        Ok(Comparison { stored, wanted, report })
    }
}

#[cfg(test)]
mod tests;
