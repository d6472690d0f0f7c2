//! Adoption of existing accounts.

use vending_core::{
    AccountId, AccountKey, AccountRecord, AccountRequest, AdoptionRequest, Contacts, DEPLOYMENT_TAG, EmailAddress,
    KEY_TAG, OuId, Provenance, RequestId, RequestRecord, Requester, StepError,
};
use vending_organization::{Account, Location};

use crate::attempt::{AttemptState, NextOwner, account_id, first, following};
use crate::{RequestOutcome, Requests};

/// The result of checking an account for adoption.
#[derive(Debug)]
pub enum AdoptionCandidate {
    /// The account does not exist, or is not visible in AWS yet.
    NotFound,
    /// The account belongs to this request, the last one for it.
    AlreadyManaged(Box<RequestRecord>),
    /// The account is recorded, but no longer has the tags of account-vending: it left the organization and returned.
    /// Operators can adopt it again.
    Returned(Box<RequestRecord>),
    /// The account is not managed. This is the request that would adopt it.
    Unmanaged(Box<Adoption>),
    /// The account cannot be adopted. The string says why and what to do.
    Ineligible(String),
}

/// A request to adopt an account.
#[derive(Debug)]
pub struct Adoption {
    pub request: AccountRequest,
    /// The IDs of the root and the OUs that the account is in, from the root down.
    pub unit_ids: Vec<OuId>,
    /// An earlier request for the email of the account that failed without an account, if any.
    previous: Option<RequestRecord>,
    /// The other deployment that the account is transferred from.
    adopted_from: Option<String>,
    /// Whether only operators can adopt the account, because its tags show that it was vended before.
    pub operators_only: bool,
}

impl Requests {
    /// Checks an account for adoption. Its name, email, and OU are read from AWS.
    pub async fn candidate(&self, request: &AdoptionRequest, deployment: &str) -> Result<AdoptionCandidate, StepError> {
        let id = &request.account_id;
        let Some(account) = self.organization.describe(id).await? else {
            return Ok(AdoptionCandidate::NotFound);
        };
        if let Some(state) = &account.inactive {
            return Ok(AdoptionCandidate::Ineligible(format!(
                "account {id} is {state}; only an active account can be adopted"
            )));
        }
        if let Some(recorded) = self.accounts.get(id).await? {
            return self.recorded_candidate(&account, &recorded, request, deployment).await;
        }
        let Ok(email) = account.email.parse::<EmailAddress>() else {
            return Ok(AdoptionCandidate::Ineligible(format!("the email of account {id} is not valid in a request")));
        };
        let previous = self.records.latest(&AccountKey::from_email(&email)).await?;
        if let Some(previous) = &previous {
            match account_id(previous) {
                Some(known) if known == *id => {
                    return Ok(AdoptionCandidate::AlreadyManaged(Box::new(previous.clone())));
                }
                Some(other) => {
                    let request_id = &previous.request_id;
                    let why = format!(
                        "account {id} has the email of request {request_id}, which belongs to account {other}; change the email of one of these accounts"
                    );
                    return Ok(AdoptionCandidate::Ineligible(why));
                }
                None => {}
            }
            if self.attempt_state(previous).await? != AttemptState::Failed {
                let provenance =
                    Provenance { key: previous.request_id.account_key.clone(), deployment: deployment.to_owned() };
                return Ok(if provenance.matches(&account.tags) {
                    AdoptionCandidate::AlreadyManaged(Box::new(previous.clone()))
                } else {
                    let request_id = &previous.request_id;
                    AdoptionCandidate::Ineligible(format!(
                        "request {request_id} for the email of account {id} has not ended; wait until it has ended"
                    ))
                });
            }
        }
        if let Some(why) = other_deployment_violation(&account, request, deployment) {
            return Ok(AdoptionCandidate::Ineligible(why));
        }
        self.unmanaged_candidate(account, email, request, previous).await
    }

    /// Takes the ID of the account and its requester from the account record, not from the last request.
    async fn recorded_candidate(
        &self,
        account: &Account,
        recorded: &AccountRecord,
        request: &AdoptionRequest,
        deployment: &str,
    ) -> Result<AdoptionCandidate, StepError> {
        let key = &recorded.request_id.account_key;
        let Some(last) = self.records.latest(key).await? else {
            let why =
                format!("account {} is recorded for request {}, which has no record", account.id, recorded.request_id);
            return Ok(AdoptionCandidate::Ineligible(why));
        };
        let mut last = RequestRecord { requested_by: recorded.requested_by.clone(), ..last };
        if account_id(&last).is_none() {
            last.account_id = Some(recorded.account_id.clone());
        }
        let provenance = Provenance { key: key.clone(), deployment: deployment.to_owned() };
        if provenance.matches(&account.tags) {
            return Ok(AdoptionCandidate::AlreadyManaged(Box::new(last)));
        }
        Ok(match other_deployment_violation(account, request, deployment) {
            Some(why) => AdoptionCandidate::Ineligible(why),
            None => AdoptionCandidate::Returned(Box::new(last)),
        })
    }

    async fn unmanaged_candidate(
        &self,
        account: Account,
        email: EmailAddress,
        request: &AdoptionRequest,
        previous: Option<RequestRecord>,
    ) -> Result<AdoptionCandidate, StepError> {
        let id = &account.id;
        let Location { ids: unit_ids, names: units } = self.organization.location(id).await?;
        if units.is_empty() {
            return Ok(AdoptionCandidate::Ineligible(format!("account {id} is in the root; move it to an OU first")));
        }
        // In a path, the slash would separate two OUs.
        if let Some(name) = units.iter().find(|name| name.contains('/')) {
            return Ok(AdoptionCandidate::Ineligible(format!(
                "account {id} is in the OU `{name}`, which cannot be used in a path because its name has a slash; rename the OU or move the account first"
            )));
        }
        let path = units.join("/");
        let Ok(organizational_unit) = path.parse() else {
            return Ok(AdoptionCandidate::Ineligible(format!(
                "account {id} is in `{path}`, which is not a valid OU path in a request"
            )));
        };
        let adopted_from = request.deployment.clone();
        let request = AccountRequest {
            account_name: account.name,
            account_email: email,
            organizational_unit,
            owner: request.owner.clone(),
            reason: request.reason.clone(),
            tags: request.tags.clone(),
            access: Vec::new(),
            github_deploy: Vec::new(),
            monthly_budget_usd: None,
            contacts: Contacts::default(),
        };
        let operators_only = account.tags.contains_key(KEY_TAG);
        Ok(AdoptionCandidate::Unmanaged(Box::new(Adoption {
            request,
            unit_ids,
            previous,
            adopted_from,
            operators_only,
        })))
    }

    /// Submits a request to adopt an existing account.
    pub async fn adopt(
        &self,
        account_id: AccountId,
        adoption: Adoption,
        requester: &Requester,
    ) -> Result<RequestOutcome, StepError> {
        let Adoption { request, previous, adopted_from, .. } = adoption;
        let record = match &previous {
            None => first(RequestId::new(AccountKey::from_email(&request.account_email), 1), request, requester),
            Some(previous) => following(previous, request, NextOwner::Submitter, requester),
        };
        let adoption = RequestRecord { account_id: Some(account_id), adopt: true, adopted_from, ..record };
        Box::pin(self.claim_or_resubmit(adoption, requester)).await
    }

    /// Adopts an account again that returned to the organization or was transferred to another deployment, with the
    /// recorded content. Returns `None` if `last` is no longer the last attempt.
    pub async fn readopt(
        &self,
        last: &RequestRecord,
        request: &AdoptionRequest,
        requester: &Requester,
    ) -> Result<Option<RequestOutcome>, StepError> {
        let adopted_from = request.deployment.clone();
        let set_adoption = |next: RequestRecord| RequestRecord { adopt: true, adopted_from, ..next };
        self.change_as(last, last.request.clone(), requester, set_adoption).await
    }
}

/// An account of another deployment is adopted only if the request names that deployment.
fn other_deployment_violation(account: &Account, request: &AdoptionRequest, deployment: &str) -> Option<String> {
    let other = account.tags.get(DEPLOYMENT_TAG).filter(|tagged| *tagged != deployment)?;
    (request.deployment.as_ref() != Some(other)).then(|| {
        format!(
            "account {} was vended by the deployment {other}; to transfer it, set `deployment` to this name",
            account.id
        )
    })
}
