//! Moves accounts as far as the settings of the OU that they leave allow.

use vending_core::{AccountId, ErrorCode, OuId, Requests, StepError};
use vending_organization::{Organization, Placement};
use vending_records::StoredSettings;

/// The result of a move.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MoveOutcome {
    AlreadyThere,
    /// Moved from this OU or the root.
    MovedFrom(OuId),
}

/// Moves an account to an OU, unless it is already there. Where accounts cannot be requested, only operators move them
/// away. Every new account begins in the root, so the root is no such place.
pub async fn ensure_in_unit(
    organization: &Organization,
    settings: &StoredSettings,
    account: &AccountId,
    unit: &OuId,
    by_operator: bool,
) -> Result<MoveOutcome, StepError> {
    let ids = match organization.placement(account, unit).await? {
        Placement::InUnit => return Ok(MoveOutcome::AlreadyThere),
        Placement::Elsewhere(ids) => ids,
    };
    let [.., source] = ids.as_slice() else {
        return Err(StepError::new(ErrorCode::NotReady, format!("account {account} has no parent yet")));
    };
    let is_in_root = ids.len() == 1;
    if !by_operator && !is_in_root && settings.read().await?.resolve(&ids).requests == Requests::Denied {
        let message = format!("account {account} is in an OU in which requests are denied ({source})");
        return Err(StepError::new(ErrorCode::InvalidRequest, message)
            .with_remedy("ask an operator to move the account out of that OU, or to send this request"));
    }
    organization.move_account(account, source, unit).await?;
    Ok(MoveOutcome::MovedFrom(source.clone()))
}
