//! Adopts existing accounts: from the AWS console, Control Tower, or an invitation.
//!
//! Events arrive late, twice, early, or never. So an event only names an account to check, and the schedule finds
//! accounts without an event. The accounts of this deployment are excluded by their claims, which are older than they
//! are.

mod compare;
mod event;

use aws_config::SdkConfig;
use serde::Serialize;
use vending_core::{
    AccountId, AdoptionRequest, ErrorCode, OuId, Requester, Requests as RequestsSetting, Settings, StepError,
};
use vending_executions::Executions;
use vending_organization::Organization;
use vending_records::{AccountRecords, Records, StoredSettings};
use vending_requests::{Adoption, AdoptionCandidate, RequestOutcome, Requests};
use vending_runtime::{Environment, Handler, StartError};

pub use event::Event;
use event::Trigger;

#[derive(Debug)]
pub struct AdoptAccount {
    requests: Requests,
    organization: Organization,
    settings: StoredSettings,
    deployment: String,
    management_account: AccountId,
    /// This function, which is the requester of its adoptions.
    requester: Requester,
}

/// The result of one run.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Adopted {
    pub adopted: u32,
    pub left_alone: u32,
    pub failed: u32,
}

impl AdoptAccount {
    /// Reads these environment variables:
    /// - `RECORDS_BUCKET`, `STATE_MACHINE_ARN`;
    /// - `STACK_NAME`: the name of this deployment, a tag of the accounts that it vends;
    /// - `MANAGEMENT_ACCOUNT_ID`, and `REQUESTER_ARN`: the requester of adoptions.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let (s3, bucket) = (aws_sdk_s3::Client::new(config), environment.required("RECORDS_BUCKET")?);
        let records = Records::new(s3.clone(), bucket.clone());
        let accounts = AccountRecords::new(s3, bucket);
        let executions = Executions::new(aws_sdk_sfn::Client::new(config), environment.parsed("STATE_MACHINE_ARN")?);
        let organization = || Organization::new(aws_sdk_organizations::Client::new(config));
        Ok(Self {
            requests: Requests::new(records, accounts, executions, organization()),
            organization: organization(),
            settings: StoredSettings::from_environment(config, environment)?,
            deployment: environment.required("STACK_NAME")?,
            management_account: environment.parsed("MANAGEMENT_ACCOUNT_ID")?,
            requester: Requester::new(environment.required("REQUESTER_ARN")?),
        })
    }
}

impl Handler for AdoptAccount {
    const NAME: &'static str = "AdoptAccount";
    type Input = Event;
    type Output = Adopted;

    async fn handle(&self, event: Event) -> Result<Adopted, StepError> {
        match event.trigger()? {
            Trigger::NotCreated => Ok(Adopted::default()),
            Trigger::Scheduled | Trigger::AddedUnknown => self.compare().await,
            Trigger::Added(id) => {
                let adopted = self.adopt_if_eligible(&id).await?;
                Ok(Adopted { adopted: adopted.into(), left_alone: (!adopted).into(), failed: 0 })
            }
        }
    }
}

impl AdoptAccount {
    /// Adopts the account if it is eligible, and returns whether it was adopted.
    async fn adopt_if_eligible(&self, id: &AccountId) -> Result<bool, StepError> {
        if *id == self.management_account {
            return Ok(false);
        }
        let request = AdoptionRequest::for_account(id.clone());
        let why = match self.requests.candidate(&request, &self.deployment).await? {
            // The event arrived before the account is visible: Lambda retries it.
            AdoptionCandidate::NotFound => {
                return Err(StepError::new(ErrorCode::NotReady, format!("account {id} is not visible yet")));
            }
            AdoptionCandidate::AlreadyManaged(record) => format!("it belongs to request {}", record.request_id),
            AdoptionCandidate::Returned(last) => {
                let why = format!(
                    "it has returned without the tags of this deployment; its last request is {}",
                    last.request_id
                );
                return Ok(leave_to_operators(id, &why));
            }
            AdoptionCandidate::Ineligible(why) => return Ok(leave_to_operators(id, &why)),
            AdoptionCandidate::Unmanaged(adoption) => {
                if adopts(&*self.settings.read().await?, &adoption.unit_ids) {
                    if adoption.operators_only {
                        let why = "it has the tags of a vended account, but no request is recorded";
                        return Ok(leave_to_operators(id, why));
                    }
                    return Box::pin(self.adopt(id, *adoption)).await;
                }
                format!("accounts in {} are not adopted", adoption.request.organizational_unit)
            }
        };
        tracing::info!(account.id = %id, "skipped: {why}");
        Ok(false)
    }

    async fn adopt(&self, id: &AccountId, adoption: Adoption) -> Result<bool, StepError> {
        match self.requests.adopt(id.clone(), adoption, &self.requester).await? {
            RequestOutcome::Accepted(request_id) => {
                tracing::info!(account.id = %id, %request_id, "adopting the account");
                Ok(true)
            }
            // Another caller has requested it since.
            RequestOutcome::AlreadyVended(_) | RequestOutcome::Conflict(_) => Ok(false),
        }
    }
}

/// Whether accounts in an OU are adopted: the settings say so, and everyone can request accounts there.
pub(crate) fn adopts(settings: &Settings, unit_ids: &[OuId]) -> bool {
    let unit = settings.resolve(unit_ids);
    unit.adopt && unit.requests == RequestsSetting::Allowed
}

/// Logs an account that only an operator can adopt.
fn leave_to_operators(id: &AccountId, why: &str) -> bool {
    tracing::warn!(account.id = %id, "not adopted; an operator can adopt it with POST /accounts/{id}/adoption: {why}");
    false
}

#[cfg(test)]
mod tests;
