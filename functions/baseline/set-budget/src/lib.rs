//! Creates the monthly budget of the account and checks the cost anomaly alerts of the organization.
//!
//! The budget `account-vending-{accountId}` is in the management account and counts the costs of the member account. It
//! sends three warnings and stops nothing. AWS can report costs up to a day late.

mod anomalies;
mod budget;
mod errors;
mod notifications;
mod plan;
mod types;

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_budgets::types::{HealthStatusReason, HealthStatusValue};
use time::{Duration, OffsetDateTime};
use vending_core::{AccountId, BaselineInput, ErrorCode, RequestId, StepError, propagation_end};
use vending_runtime::{BaselineStep, Cache, Changes, Converged, Environment, StartError};

use crate::anomalies::Anomalies;
use crate::budget::Budget;
use crate::notifications::Notifications;
use crate::plan::Desired;

#[derive(Debug)]
pub struct SetBudget {
    budgets: aws_sdk_budgets::Client,
    cost_explorer: aws_sdk_costexplorer::Client,
    /// Whether the organization has cost anomaly alerts.
    alerts_configured: Cache<(), ()>,
    management_account_id: AccountId,
}

impl SetBudget {
    /// Reads `MANAGEMENT_ACCOUNT_ID`, the account of the budgets.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            // Both services have one endpoint for a partition. The endpoint rules of the SDK choose it.
            budgets: aws_sdk_budgets::Client::new(config),
            cost_explorer: aws_sdk_costexplorer::Client::new(config),
            alerts_configured: Cache::new(anomalies::TTL),
            management_account_id: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
        })
    }
}

/// The clients of one run.
#[derive(Debug)]
pub struct ManagementAccount {
    budgets: aws_sdk_budgets::Client,
    anomalies: Anomalies,
}

impl BaselineStep for SetBudget {
    const NAME: &'static str = "SetBudget";
    type Target = ManagementAccount;
    type Result = ();

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        let unit = &input.request.organizational_unit;
        let is_missing = amount(input).is_none();
        is_missing
            .then(|| format!("neither the request nor the manifest has a monthlyBudgetUsd for accounts in {unit}"))
    }

    async fn open(&self, _request: &RequestId, _input: &BaselineInput) -> Result<ManagementAccount, StepError> {
        let anomalies = Anomalies::new(self.cost_explorer.clone(), self.alerts_configured.clone());
        Ok(ManagementAccount { budgets: self.budgets.clone(), anomalies })
    }

    async fn converge(
        &self,
        account: &ManagementAccount,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let desired = desired(input);
        let budget =
            Budget { client: &account.budgets, management_account_id: &self.management_account_id, desired: &desired };
        let mut outcome = converge(&budget, input.account_created_at, changes).await?;
        if desired.subscribers.is_empty() {
            outcome.notes.push(NO_SUBSCRIBERS.to_owned());
        }
        let problem = changes.part("cost anomaly alerts", async |_| Ok(account.anomalies.problem().await));
        outcome.notes.extend(problem.await?);
        Ok(outcome.into_converged())
    }
}

const NO_SUBSCRIBERS: &str =
    "the budget has no subscribers: set `owner` in the request, or `budgetSubscribers` in the manifest";

fn amount(input: &BaselineInput) -> Option<u32> {
    input.request.monthly_budget_usd.or(input.settings.monthly_budget_usd)
}

fn desired(input: &BaselineInput) -> Desired {
    let subscribers = input.settings.budget_subscribers.iter().chain(&input.request.owner);
    let subscribers: BTreeSet<String> = subscribers.map(ToString::to_string).collect();
    Desired {
        name: format!("account-vending-{}", input.account_id),
        account_id: input.account_id.to_string(),
        // Without an amount the step is skipped.
        amount_usd: amount(input).unwrap_or_default(),
        subscribers,
    }
}

/// The state of the budget for the report.
#[derive(Debug)]
struct Outcome {
    summary: String,
    pending: bool,
    notes: Vec<String>,
}

impl Outcome {
    fn up_to_date(desired: &Desired) -> Self {
        Self { summary: format!("{desired} is up to date"), pending: false, notes: Vec::new() }
    }

    fn into_converged(self) -> Converged {
        let converged = Converged::new(self.summary);
        let converged = if self.pending { converged.pending() } else { converged };
        if self.notes.is_empty() { converged } else { converged.with_note(self.notes.join("; ")) }
    }
}

async fn converge(
    budget: &Budget<'_>,
    account_created_at: OffsetDateTime,
    changes: &Changes,
) -> Result<Outcome, StepError> {
    let desired = budget.desired;
    let Some(found) = budget.read().await? else {
        let created = changes.make(format!("created {desired}"), budget.create()).await;
        let up_to_date = |()| Ok(Outcome::up_to_date(desired));
        return created.map_or_else(|error| retry_if_account_is_new(error, desired, account_created_at), up_to_date);
    };
    if !plan::is_up_to_date(&found, desired) {
        changes.make(format!("updated {desired}"), budget.update(&found)).await?;
    }
    // Without desired subscribers, the existing subscribers are kept.
    if !desired.subscribers.is_empty() {
        Notifications(budget).converge(changes).await?;
    }
    Ok(Outcome { notes: health(&found).into_iter().collect(), ..Outcome::up_to_date(desired) })
}

/// Whether AWS updates the budget. AWS accepts a budget that it cannot update, and reports this only here.
///
/// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_HealthStatus.html>
fn health(found: &aws_sdk_budgets::types::Budget) -> Option<String> {
    let health = found.health_status().filter(|health| health.status() == Some(&HealthStatusValue::Unhealthy))?;
    let reason = health.status_reason().map_or("no reason", HealthStatusReason::as_str);
    Some(format!(
        "AWS does not update the budget ({reason}): if this persists for a day, check the budget in the console"
    ))
}

/// The time that AWS billing gets to recognize a new account.
const BILLING_DELAY: Duration = Duration::DAY;

/// Retries while the account is new, and then reports the budget as pending for a day.
///
/// AWS does not document that CreateBudget rejects a new account. If it does, this must not block the account.
fn retry_if_account_is_new(
    error: StepError,
    desired: &Desired,
    account_created_at: OffsetDateTime,
) -> Result<Outcome, StepError> {
    let now = OffsetDateTime::now_utc();
    match error.code() {
        ErrorCode::InvalidRequest if now < propagation_end(account_created_at) => {
            Err(error.with_code(ErrorCode::NotReady))
        }
        ErrorCode::InvalidRequest if now < account_created_at + BILLING_DELAY => Ok(Outcome {
            summary: format!("{desired} is not created yet"),
            pending: true,
            notes: vec![format!(
                "{error}; AWS billing can take a day to recognize a new account: send the same request again tomorrow"
            )],
        }),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests;
