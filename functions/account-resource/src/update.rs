//! A resource is updated: changes an account that is its stack's.

use vending_answers::PendingAnswer;
use vending_core::{
    AccountKey, AccountRequest, ErrorCode, RELEASED, RequestRecord, Requester, STACK_TAG, Status, StepError,
};
use vending_organization::Account;
use vending_requests::{Asked, TRIES, account_id, contended};

use crate::event::Event;
use crate::{AccountResource, Reply};

impl AccountResource {
    pub(crate) async fn update(&self, event: &Event) -> Result<Reply, StepError> {
        let requester = event.requester()?;
        let key = event.account_key().ok_or_else(no_account)?;
        let recorded = self.requests.records().latest(&key).await?.ok_or_else(no_account)?;
        let account = self.account(&recorded).await?.ok_or_else(no_account)?;
        if stack_of(&account) != Some(requester.arn()) {
            return Err(not_this_stacks(&account, &key));
        }
        let request = self.checked(&event.resource_properties, Some(&recorded.request)).await?;
        let to = event.addressee(None);
        let pending = PendingAnswer { account_key: key, request_id: None, takes_over: false, to };
        if !self.wait(&pending).await? {
            return Ok(Reply::Later);
        }
        let asked = Box::pin(self.change(recorded, request, &requester)).await?;
        self.conclude(pending, asked).await
    }

    /// An account that stands with the wanted content already is as good as changed: a property may have changed that
    /// is none of the account's.
    async fn change(
        &self,
        recorded: RequestRecord,
        request: AccountRequest,
        requester: &Requester,
    ) -> Result<Asked, StepError> {
        let mut previous = recorded;
        for _ in 0..TRIES {
            if previous.request == request && is_vended(&previous) {
                return Ok(Asked::Vended(Box::new(previous)));
            }
            if let Some(asked) = self.requests.change(&previous, request.clone(), requester).await? {
                return Ok(asked);
            }
            let key = &previous.request_id.account_key;
            previous = self.requests.records().latest(key).await?.ok_or_else(no_account)?;
        }
        Err(contended())
    }

    /// The account of a record as AWS has it.
    pub(crate) async fn account(&self, record: &RequestRecord) -> Result<Option<Account>, StepError> {
        let hint = account_id(record);
        Ok(self.organization.find(hint.as_ref(), &record.request.account_email).await?.ours())
    }
}

/// The stack that may change and release an account.
pub(crate) fn stack_of(account: &Account) -> Option<&str> {
    account.tags.get(STACK_TAG).map(String::as_str)
}

fn is_vended(record: &RequestRecord) -> bool {
    record.outcome.as_ref().is_some_and(|outcome| outcome.status == Status::Vended)
}

fn no_account() -> StepError {
    StepError::new(ErrorCode::InvalidRequest, "there is no account of this resource")
        .with_remedy("delete this stack and create it again")
}

fn not_this_stacks(account: &Account, key: &AccountKey) -> StepError {
    let id = &account.id;
    let whose = match stack_of(account) {
        None => "no stack asked for it".to_owned(),
        Some(RELEASED) => "its stack has released it".to_owned(),
        Some(stack) => format!("it is that of {stack}"),
    };
    StepError::new(ErrorCode::InvalidRequest, format!("account {id} is not this stack's: {whose}")).with_remedy(format!(
        "change it where it was asked for or with PUT /accounts/{key}; a released account is taken over by a new stack with its properties"
    ))
}
