//! Enables the governed Regions in the account, before the later steps use them.
//!
//! AWS needs minutes, sometimes hours. While a governed Region is not enabled, the step returns `NotReady`, and the
//! state machine runs it again. So the run that finds all of them enabled reports no change.

mod errors;
mod plan;

use aws_config::SdkConfig;
use aws_sdk_account::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{AccountId, DEFAULT_REGIONS, ErrorCode, RequestId, StepError, is_opt_in_region, propagation_end};
use vending_records::RecordedInput;
use vending_runtime::{Context, Environment, StartError, Step, StepOutcome};

use crate::plan::{Plan, Statuses, enabled, plan};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub account_created_at: OffsetDateTime,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Regions {
    /// Every Region that is enabled in the account, governed or not.
    pub enabled_regions: Vec<String>,
}

/// The maximum page size of ListRegions. AWS has fewer Regions.
const PAGE: i32 = 50;

#[derive(Debug)]
pub struct EnableRegions {
    client: Client,
    recorded: RecordedInput,
}

impl EnableRegions {
    /// Reads `RECORDS_BUCKET`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { client: Client::new(config), recorded: RecordedInput::new(config, environment)? })
    }
}

impl Step for EnableRegions {
    const NAME: &'static str = "EnableRegions";
    type Input = Input;
    type Result = Regions;

    async fn run(&self, request: &RequestId, input: Input) -> Result<StepOutcome<Regions>, StepError> {
        let governed = self.recorded.request(request, &input.account_id).await?.validated.settings.governed_regions;
        let propagation_end = propagation_end(input.account_created_at);
        let statuses = match self.statuses(&input.account_id).await {
            Ok(statuses) => statuses,
            Err(error) if errors::is_denial(&error) && !governed.iter().any(|name| is_opt_in_region(name)) => {
                return Ok(default_regions_only(&error));
            }
            Err(error) => return Err(errors::map_denial(error, propagation_end)),
        };
        let plan = plan(&governed, &statuses)?;
        for region in &plan.to_enable {
            self.enable(&input.account_id, region).await.map_err(|error| errors::map_denial(error, propagation_end))?;
        }
        if plan.waiting.is_empty() { Ok(all_enabled(&governed, &statuses)) } else { Err(not_enabled(&plan)) }
    }
}

impl EnableRegions {
    async fn statuses(&self, account: &AccountId) -> Result<Statuses, StepError> {
        let list = self.client.list_regions().account_id(account.as_str()).max_results(PAGE);
        let mut pages = list.into_paginator().send();
        let mut statuses = Statuses::new();
        while let Some(page) = pages.next().await {
            let page = page.context(format!("list the Regions of account {account}"))?;
            let regions = page.regions.unwrap_or_default().into_iter();
            statuses.extend(regions.filter_map(|region| Some((region.region_name?, region.region_opt_status?))));
        }
        Ok(statuses)
    }

    async fn enable(&self, account: &AccountId, region: &str) -> Result<(), StepError> {
        match self.client.enable_region().account_id(account.as_str()).region_name(region).send().await {
            Ok(_) => Ok(()),
            // The next run reads the status.
            Err(error) if errors::is_concurrent_change(&error) => Ok(()),
            Err(error) => Err(errors::map_enable_error(region, &error)),
        }
    }
}

fn all_enabled(governed: &[String], statuses: &Statuses) -> StepOutcome<Regions> {
    let detail = format!("enabled: {}", governed.join(", "));
    StepOutcome::unchanged(detail, Regions { enabled_regions: enabled(statuses) })
}

/// The result if the Regions cannot be listed. AWS enables the default Regions in every account, and they cannot be
/// disabled, so there is nothing to wait for.
fn default_regions_only(denied: &StepError) -> StepOutcome<Regions> {
    let detail = format!(
        "the governed Regions are enabled by default; the other enabled Regions could not be listed: {denied}; to list them, {}",
        errors::ALLOW
    );
    let enabled_regions = DEFAULT_REGIONS.map(str::to_owned).to_vec();
    StepOutcome::unchanged(detail, Regions { enabled_regions })
}

fn not_enabled(plan: &Plan) -> StepError {
    let waiting = plan.waiting.iter().map(|(region, state)| format!("{region} ({state})"));
    let waiting = waiting.collect::<Vec<_>>().join(", ");
    StepError::new(ErrorCode::NotReady, format!("not enabled yet: {waiting}")).with_remedy(
        "AWS can need hours to enable a Region; send the same request again, which continues where this one stopped",
    )
}

#[cfg(test)]
mod tests;
