//! One Region of the account, with the settings and the default VPC to converge there.

use vending_core::StepError;
use vending_runtime::Changes;

use crate::default_vpc::DefaultVpc;
use crate::report::RegionReport;
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

    pub(crate) async fn converge(&self, changes: &Changes) -> Result<RegionReport, StepError> {
        let mut report = RegionReport::default();
        if let Some(settings) = &self.settings {
            report = report.merge(settings.converge(changes).await?);
        }
        if let Some(default_vpc) = &self.default_vpc {
            report = report.merge(default_vpc.converge(changes).await?);
        }
        Ok(report)
    }
}
