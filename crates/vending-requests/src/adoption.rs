//! Accounts that came by another road: what AWS knows of them, and whether they may be adopted.

use vending_core::{
    AccountKey, AccountRequest, AdoptionRequest, Contacts, EmailAddress, KEY_TAG, RequestRecord, StepError,
};
use vending_organization::Organization;

use crate::Requests;

/// What an account turns out to be.
#[derive(Debug)]
pub enum Candidate {
    /// AWS knows no such account, or not yet.
    Absent,
    /// It was asked for before: this is the last attempt.
    Known(Box<RequestRecord>),
    /// It is nobody's: this would be the request for it.
    Stranger(Box<AccountRequest>),
    /// It cannot be adopted; the text says why and what to do.
    Unfit(String),
}

impl Requests {
    /// Looks at an account. Its name, email and place are AWS's own, and never what an event says.
    pub async fn candidate(
        &self,
        organization: &Organization,
        asked: &AdoptionRequest,
    ) -> Result<Candidate, StepError> {
        let id = &asked.account_id;
        let Some(account) = organization.describe(id).await? else {
            return Ok(Candidate::Absent);
        };
        let Ok(email) = account.email.parse::<EmailAddress>() else {
            return Ok(Candidate::Unfit(format!("account {id} has an email that no request could name")));
        };
        let key = AccountKey::of(&email);
        if let Some(record) = self.records().latest(&key).await? {
            return Ok(Candidate::Known(Box::new(record)));
        }
        if account.tags.contains_key(KEY_TAG) {
            return Ok(Candidate::Unfit(format!(
                "account {id} carries the tag {KEY_TAG}, but no request for it is recorded; remove the tag to have it adopted"
            )));
        }
        let Some(path) = organization.path_of(id).await? else {
            return Ok(Candidate::Unfit(format!(
                "account {id} is in the root; move it to an organizational unit first"
            )));
        };
        let Ok(organizational_unit) = path.parse() else {
            return Ok(Candidate::Unfit(format!("account {id} is in `{path}`, which no request could name")));
        };
        Ok(Candidate::Stranger(Box::new(AccountRequest {
            account_name: account.name,
            account_email: email,
            organizational_unit,
            owner: asked.owner.clone(),
            reason: asked.reason.clone(),
            tags: asked.tags.clone(),
            access: Vec::new(),
            github_deploy: Vec::new(),
            monthly_budget_usd: None,
            contacts: Contacts::default(),
        })))
    }
}
