//! Enables the governed Regions in the account, before anything is made in them.
//!
//! AWS takes minutes, sometimes hours. As long as a governed Region is not enabled the step answers `NotReady`, and
//! the state machine runs it again: a run costs one look. So the run that finds all of them enabled has changed
//! nothing itself.

mod default_regions;
mod plan;
mod refusal;

use aws_config::SdkConfig;
use aws_sdk_account::Client;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use vending_core::{AccountId, ErrorCode, RequestId, StepError, ready_by};
use vending_runtime::{Done, Step, from_sdk};

use crate::plan::{Plan, Statuses, enabled, plan};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub account_id: AccountId,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub account_created_at: OffsetDateTime,
    pub governed_regions: Vec<String>,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Regions {
    /// Every Region that is enabled in the account, governed or not.
    pub enabled_regions: Vec<String>,
}

/// The most that ListRegions gives at once; AWS has fewer Regions.
const PAGE: i32 = 50;

#[derive(Debug)]
pub struct EnableRegions {
    client: Client,
}

impl EnableRegions {
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Step for EnableRegions {
    const NAME: &'static str = "EnableRegions";
    type Input = Input;
    type Result = Regions;

    async fn run(&self, _request: &RequestId, input: Input) -> Result<Done<Regions>, StepError> {
        let ready_by = ready_by(input.account_created_at);
        let statuses = match self.statuses(&input.account_id).await {
            Ok(statuses) => statuses,
            Err(error) if refusal::is_denial(&error) && default_regions::include(&input.governed_regions) => {
                return Ok(unseen(&error));
            }
            Err(error) => return Err(refusal::settled(error, ready_by)),
        };
        let plan = plan(&input.governed_regions, &statuses)?;
        for region in &plan.to_enable {
            self.enable(&input.account_id, region).await.map_err(|error| refusal::settled(error, ready_by))?;
        }
        if plan.waiting.is_empty() { Ok(all_enabled(&input, &statuses)) } else { Err(not_enabled(&plan)) }
    }
}

impl EnableRegions {
    async fn statuses(&self, account: &AccountId) -> Result<Statuses, StepError> {
        let list = self.client.list_regions().account_id(account.as_str()).max_results(PAGE);
        let mut pages = list.into_paginator().send();
        let mut statuses = Statuses::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk(&format!("list the Regions of account {account}"), &error))?;
            let regions = page.regions.unwrap_or_default().into_iter();
            statuses.extend(regions.filter_map(|region| Some((region.region_name?, region.region_opt_status?))));
        }
        Ok(statuses)
    }

    async fn enable(&self, account: &AccountId, region: &str) -> Result<(), StepError> {
        match self.client.enable_region().account_id(account.as_str()).region_name(region).send().await {
            Ok(_) => Ok(()),
            // The next look shows what came of it.
            Err(error) if refusal::is_changed_meanwhile(&error) => Ok(()),
            Err(error) => Err(refusal::of_region(region, &error)),
        }
    }
}

fn all_enabled(input: &Input, statuses: &Statuses) -> Done<Regions> {
    let detail = format!("enabled: {}", input.governed_regions.join(", "));
    Done::unchanged(detail, Regions { enabled_regions: enabled(statuses) })
}

/// AWS enables the default Regions in every account, and nobody can disable them: there is nothing to wait for.
fn unseen(denied: &StepError) -> Done<Regions> {
    let detail = format!(
        "the governed Regions are enabled by default; which others are enabled could not be seen: {denied}; to see them, {}",
        refusal::ALLOW
    );
    let enabled_regions = default_regions::ALL.map(str::to_owned).to_vec();
    Done::unchanged(detail, Regions { enabled_regions })
}

fn not_enabled(plan: &Plan) -> StepError {
    let waiting = plan.waiting.iter().map(|(region, state)| format!("{region} ({state})"));
    let waiting = waiting.collect::<Vec<_>>().join(", ");
    StepError::new(ErrorCode::NotReady, format!("not enabled yet: {waiting}")).with_remedy(
        "AWS may take hours to enable a Region; send the same request again, it goes on where this one stopped",
    )
}

#[cfg(test)]
mod tests;
