//! Sets the account's monthly budget and checks that cost anomalies of the organization are watched.
//!
//! The budget is the management account's own and counts what the account costs: nothing of it runs in the account.
//! It warns people and stops nothing: AWS knows of costs up to a day after they arise.

mod anomalies;
mod budget;
mod notifications;
mod plan;
mod refusal;

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use aws_config::SdkConfig;
use aws_sdk_budgets::types::{HealthStatusReason, HealthStatusValue};
use time::{Duration, OffsetDateTime};
use vending_core::{AccountId, BaselineInput, EmailAddress, ErrorCode, PerUnit, RequestId, StepError, ready_by};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, StartError};

use crate::anomalies::{Anomalies, Memory};
use crate::budget::Budget;
use crate::notifications::Notifications;
use crate::plan::Desired;

#[derive(Debug)]
pub struct SetBudget {
    budgets: aws_sdk_budgets::Client,
    cost_explorer: aws_sdk_costexplorer::Client,
    anomalies: Memory,
    management_account_id: AccountId,
    amounts: PerUnit<NonZeroU32>,
    subscribers: Vec<EmailAddress>,
}

impl SetBudget {
    /// Reads
    /// - `MANAGEMENT_ACCOUNT_ID`: the account that has the budgets;
    /// - `MONTHLY_BUDGETS_USD`: by OU, the budget of accounts whose requests name none, as in
    ///   `Sandbox=50,Workloads/Development=500,*=1000`; may be missing;
    /// - `BUDGET_SUBSCRIBERS`: emails that every budget writes to beside the account's owner, at most nine; may be
    ///   missing.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let amounts = PerUnit::parse(&environment.list(MONTHLY_BUDGETS_USD), "a whole number of US dollars, 1 or more");
        Ok(Self {
            // Both have one endpoint for a partition, whatever the Region: the SDK's endpoint rules choose it.
            budgets: aws_sdk_budgets::Client::new(config),
            cost_explorer: aws_sdk_costexplorer::Client::new(config),
            anomalies: Memory::default(),
            management_account_id: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            amounts: amounts.map_err(|error| wrong(MONTHLY_BUDGETS_USD, &error))?,
            subscribers: subscribers(environment)?,
        })
    }
}

const MONTHLY_BUDGETS_USD: &str = "MONTHLY_BUDGETS_USD";
const BUDGET_SUBSCRIBERS: &str = "BUDGET_SUBSCRIBERS";

/// A notification has ten email subscribers at most, and one is the owner.
const MAXIMUM_SUBSCRIBERS: usize = 9;

/// No error repeats an email: it is personal.
fn subscribers(environment: &Environment) -> Result<Vec<EmailAddress>, StartError> {
    let entries = environment.list(BUDGET_SUBSCRIBERS);
    if entries.len() > MAXIMUM_SUBSCRIBERS {
        return Err(wrong(BUDGET_SUBSCRIBERS, &format!("must have at most {MAXIMUM_SUBSCRIBERS} emails")));
    }
    let email = |(index, entry): (usize, &String)| {
        entry.parse().map_err(|error| wrong(BUDGET_SUBSCRIBERS, &format!("email {} {error}", index + 1)))
    };
    entries.iter().enumerate().map(email).collect()
}

fn wrong(name: &'static str, why: &impl ToString) -> StartError {
    StartError::Invalid { name, why: why.to_string() }
}

/// The clients, and what needs only one look in a run.
#[derive(Debug)]
pub struct ManagementAccount {
    budgets: aws_sdk_budgets::Client,
    anomalies: Anomalies,
}

impl BaselineStep for SetBudget {
    const NAME: &'static str = "SetBudget";
    type Account = ManagementAccount;
    type Result = ();

    fn skip(&self, input: &BaselineInput) -> Option<String> {
        let unit = &input.request.organizational_unit;
        let nothing = self.amount(input).is_none();
        nothing.then(|| format!("no monthly budget is asked for, and the stack has none for accounts in {unit}"))
    }

    async fn enter(&self, _request: &RequestId, _input: &BaselineInput) -> Result<ManagementAccount, StepError> {
        let anomalies = Anomalies::new(self.cost_explorer.clone(), self.anomalies.clone());
        Ok(ManagementAccount { budgets: self.budgets.clone(), anomalies })
    }

    async fn converge(
        &self,
        account: &ManagementAccount,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let desired = self.desired(input);
        let budget =
            Budget { client: &account.budgets, management_account_id: &self.management_account_id, desired: &desired };
        let mut outcome = converge(&budget, input.account_created_at, changes).await?;
        if desired.subscribers.is_empty() {
            outcome.notes.push(NOBODY_HEARS.to_owned());
        }
        outcome.notes.extend(account.anomalies.problem().await);
        Ok(outcome.into_converged())
    }
}

const NOBODY_HEARS: &str =
    "nobody is named to hear of it: name an owner in the request, or set BUDGET_SUBSCRIBERS of the stack";

impl SetBudget {
    fn amount(&self, input: &BaselineInput) -> Option<u32> {
        let default = || self.amounts.of(&input.request.organizational_unit).map(|amount| amount.get());
        input.request.monthly_budget_usd.or_else(default)
    }

    fn desired(&self, input: &BaselineInput) -> Desired {
        let everybody = self.subscribers.iter().chain(&input.request.owner);
        let subscribers: BTreeSet<String> = everybody.map(ToString::to_string).collect();
        Desired {
            name: format!("account-vending-{}", input.account_id),
            account_id: input.account_id.to_string(),
            // Without an amount the step is skipped.
            amount_usd: self.amount(input).unwrap_or_default(),
            subscribers,
        }
    }
}

/// How the budget is, beside what was changed of it.
#[derive(Debug)]
struct Outcome {
    found: String,
    pending: bool,
    notes: Vec<String>,
}

impl Outcome {
    fn stands(desired: &Desired) -> Self {
        Self { found: format!("{desired} stands"), pending: false, notes: Vec::new() }
    }

    fn into_converged(self) -> Converged {
        let converged = Converged::new(self.found);
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
    // Boxed: a call that carries a whole budget is large.
    let Some(found) = budget.look().await? else {
        let created = changes.make(format!("created {desired}"), Box::pin(budget.create())).await;
        let stands = |()| Ok(Outcome::stands(desired));
        return created.map_or_else(|error| unless_too_young(error, desired, account_created_at), stands);
    };
    if !plan::is_right(&found, desired) {
        changes.make(format!("changed {desired}"), Box::pin(budget.update(&found))).await?;
    }
    // Where nobody is named, whoever hears of it is left as it is: better than nobody.
    if !desired.subscribers.is_empty() {
        Notifications(budget).converge(changes).await?;
    }
    Ok(Outcome { notes: health(&found).into_iter().collect(), ..Outcome::stands(desired) })
}

/// AWS takes a budget over costs that it cannot read, and says so here alone.
///
/// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_HealthStatus.html>
fn health(found: &aws_sdk_budgets::types::Budget) -> Option<String> {
    let health = found.health_status().filter(|health| health.status() == Some(&HealthStatusValue::Unhealthy))?;
    let reason = health.status_reason().map_or("no reason", HealthStatusReason::as_str);
    Some(format!("AWS does not update it ({reason}): look at it in the console if that stays so for a day"))
}

/// How long AWS may take to show a new account in the organization's billing.
const BILLING: Duration = Duration::DAY;

/// No page of AWS says that a budget can be refused because its account is new. If it is, that is waited for, and then
/// it is no reason to hold back the account.
fn unless_too_young(
    error: StepError,
    desired: &Desired,
    account_created_at: OffsetDateTime,
) -> Result<Outcome, StepError> {
    let now = OffsetDateTime::now_utc();
    match error.code() {
        ErrorCode::InvalidRequest if now < ready_by(account_created_at) => Err(error.with_code(ErrorCode::NotReady)),
        ErrorCode::InvalidRequest if now < account_created_at + BILLING => Ok(Outcome {
            found: format!("{desired} does not stand yet"),
            pending: true,
            notes: vec![format!(
                "{error}; AWS's billing may need a day to know a new account: send the same request again tomorrow"
            )],
        }),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests;
