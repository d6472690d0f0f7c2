//! Account states in the fields of Organizations.

use local_cloud::strict::AccountState;

/// The value of the field `State`.
pub(super) fn state_field(state: AccountState) -> &'static str {
    match state {
        AccountState::PendingActivation => "PENDING_ACTIVATION",
        AccountState::Active => "ACTIVE",
        AccountState::Suspended => "SUSPENDED",
        AccountState::PendingClosure => "PENDING_CLOSURE",
        AccountState::Closed | AccountState::PermanentlyClosed => "CLOSED",
    }
}

/// The value of the older field `Status`.
pub(super) fn status_field(state: AccountState) -> &'static str {
    match state {
        AccountState::Active => "ACTIVE",
        AccountState::PendingClosure => "PENDING_CLOSURE",
        AccountState::PendingActivation
        | AccountState::Suspended
        | AccountState::Closed
        | AccountState::PermanentlyClosed => "SUSPENDED",
    }
}

pub(super) fn is_usable(state: AccountState) -> bool {
    matches!(state, AccountState::Active | AccountState::PendingClosure)
}
