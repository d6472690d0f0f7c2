//! Takes in accounts that came into the organization by another road: the console, Control Tower, an invitation.
//!
//! Events are best effort: they come late, twice, early or never. So an event only says where to look, and the
//! schedule finds what no event brought. Accounts of our own are known by their claim, which is older than they are.

mod compare;
mod event;

use aws_config::SdkConfig;
use serde::Serialize;
use vending_core::{AccountId, AdoptionRequest, Bounds, ErrorCode, Requester, StepError};
use vending_executions::Executions;
use vending_organization::Organization;
use vending_records::Records;
use vending_requests::{Asked, Candidate, Requests};
use vending_runtime::{Environment, Handler, StartError};

pub use event::Event;
use event::Occasion;

#[derive(Debug)]
pub struct AdoptAccount {
    requests: Requests,
    organization: Organization,
    bounds: Bounds,
    /// Paths of the OUs whose accounts are adopted, wherever they come from.
    adopted_units: Vec<String>,
    management_account: AccountId,
    /// Who asks: this function, by its own ARN.
    requester: Requester,
}

/// What one run did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Adopted {
    pub adopted: u32,
    pub left_alone: u32,
    pub failed: u32,
}

impl AdoptAccount {
    /// Reads
    /// - `RECORDS_BUCKET`, `STATE_MACHINE_ARN`;
    /// - what requests may ask for, with [`Environment::bounds`];
    /// - `ADOPT_ORGANIZATIONAL_UNITS`: paths of the OUs whose accounts are adopted; empty adopts none;
    /// - `MANAGEMENT_ACCOUNT_ID`, and `REQUESTER_ARN`: by whose name adoptions are recorded.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let records = Records::new(aws_sdk_s3::Client::new(config), environment.required("RECORDS_BUCKET")?);
        let executions = Executions::new(aws_sdk_sfn::Client::new(config), environment.parsed("STATE_MACHINE_ARN")?);
        Ok(Self {
            requests: Requests::new(records, executions),
            organization: Organization::new(aws_sdk_organizations::Client::new(config)),
            bounds: environment.bounds()?,
            adopted_units: environment.list("ADOPT_ORGANIZATIONAL_UNITS"),
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
        match event.occasion()? {
            Occasion::Nobody => Ok(Adopted::default()),
            Occasion::Scheduled | Occasion::Somebody => self.compare().await,
            Occasion::Came(id) => {
                let adopted = self.consider(&id).await?;
                Ok(Adopted { adopted: adopted.into(), left_alone: (!adopted).into(), failed: 0 })
            }
        }
    }
}

impl AdoptAccount {
    /// Whether the account is adopted now.
    async fn consider(&self, id: &AccountId) -> Result<bool, StepError> {
        if *id == self.management_account {
            return Ok(false);
        }
        let why = match self.requests.candidate(&self.organization, &AdoptionRequest::of(id.clone())).await? {
            // The event was faster than AWS itself: Lambda sends it again.
            Candidate::Absent => {
                return Err(StepError::new(ErrorCode::NotReady, format!("account {id} is not there yet")));
            }
            Candidate::Known(record) => format!("it is request {}'s", record.request_id),
            Candidate::Unfit(why) => why,
            Candidate::Stranger(request) => {
                let unit = &request.organizational_unit;
                let wanted = self.adopted_units.iter().any(|adopted| unit.is_within(adopted));
                match (wanted, self.bounds.refusal(unit)) {
                    (true, None) => return Box::pin(self.adopt(id, *request)).await,
                    (true, Some(refusal)) => format!("its organizational unit {refusal}"),
                    (false, _) => format!("accounts of {unit} are not adopted"),
                }
            }
        };
        tracing::info!(account.id = %id, "left alone: {why}");
        Ok(false)
    }

    async fn adopt(&self, id: &AccountId, request: vending_core::AccountRequest) -> Result<bool, StepError> {
        match self.requests.adopt(id.clone(), request, &self.requester).await? {
            Asked::Accepted(request_id) => {
                tracing::info!(account.id = %id, %request_id, "adopting the account");
                Ok(true)
            }
            // Somebody asked for it since we looked.
            Asked::Vended(_) | Asked::Refused(_) => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests;
