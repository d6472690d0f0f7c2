//! How far AWS is in enabling all features, by its handshakes.
//!
//! The request is a handshake of the organization. Each account that was invited gets one of its own, and an account
//! that was created gets one only if it deleted a role. When all of them are accepted, the request becomes `OPEN`, and
//! the management account completes the change by accepting it.
//! <https://docs.aws.amazon.com/organizations/latest/userguide/manage-begin-all-features-standard-migration.html>

use std::collections::BTreeSet;

use aws_sdk_organizations::types::{
    ActionType, Handshake, HandshakeParty, HandshakePartyType, HandshakeResourceType, HandshakeState,
};
use time::{Date, OffsetDateTime};
use vending_core::{AccountId, ErrorCode, StepError};

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Migration {
    /// There is no request, or it expired or was canceled.
    NotRequested,
    /// Accounts have to accept.
    Waiting(Waiting),
    /// The management account has to accept the handshake with this ID.
    Ready(String),
    /// The organization does not show it yet.
    Complete,
}

/// What the change waits for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Waiting {
    /// The accounts that have to accept. Empty if AWS does not show them yet.
    pub(crate) accounts: BTreeSet<String>,
    /// The accounts that declined.
    pub(crate) declined: BTreeSet<String>,
    /// The day on which the request expires.
    pub(crate) until: Option<Date>,
}

impl Migration {
    pub(crate) fn of(handshakes: &[Handshake], management_account: &AccountId) -> Self {
        // AWS's pages disagree about which of the two actions is that of the request. The accounts tell them apart.
        let is_request =
            |one: &&Handshake| is_of_features(one) && accounts(one).all(|id| id == management_account.as_str());
        let in_state =
            |state: HandshakeState| handshakes.iter().filter(is_request).find(|one| one.state() == Some(&state));
        if let Some(request) = in_state(HandshakeState::Open) {
            return Self::Ready(request.id().unwrap_or_default().to_owned());
        }
        if in_state(HandshakeState::Accepted).is_some() {
            return Self::Complete;
        }
        match in_state(HandshakeState::Requested) {
            Some(request) => Self::Waiting(Waiting::of(request, handshakes, management_account)),
            None => Self::NotRequested,
        }
    }
}

impl Waiting {
    fn of(request: &Handshake, handshakes: &[Handshake], management_account: &AccountId) -> Self {
        let of_request = |one: &&Handshake| (is_of_features(one) || is_of_role(one)) && is_child(one, request);
        let in_states = |states: &[HandshakeState]| -> BTreeSet<String> {
            let in_state = |one: &&Handshake| one.state().is_some_and(|state| states.contains(state));
            let found = handshakes.iter().filter(of_request).filter(in_state).flat_map(accounts);
            found.filter(|id| *id != management_account.as_str()).map(str::to_owned).collect()
        };
        let pending = in_states(&[HandshakeState::Requested, HandshakeState::Open]);
        let accepted = in_states(&[HandshakeState::Accepted]);
        let declined = in_states(&[HandshakeState::Declined]);
        Self {
            // An account that declined may have been asked again.
            declined: declined.into_iter().filter(|id| !pending.contains(id) && !accepted.contains(id)).collect(),
            accounts: pending,
            until: request.expiration_timestamp().and_then(|time| day(time.secs())),
        }
    }

    /// What is awaited, or `None` if AWS does not show it yet.
    pub(crate) fn message(&self) -> Option<String> {
        let Self { accounts, declined, until } = self;
        if !declined.is_empty() {
            return Some(format!("AWS cannot enable all features, because {} declined", listed(declined)));
        }
        let until = until.map(|day| format!(" until {day}")).unwrap_or_default();
        let accounts = (!accounts.is_empty()).then(|| listed(accounts))?;
        Some(format!("AWS waits{until} for {accounts} to accept all features"))
    }

    /// What to do, to be read after the message.
    pub(crate) fn remedy(&self) -> String {
        let what = if self.declined.is_empty() {
            format!("sign in to each account, and accept the request at {CONSOLE}")
        } else {
            format!("remove the account from the organization, or send it the request again at {SETTINGS}")
        };
        format!("{what}; then make a new plan and apply it")
    }

    /// Permanent if people have to act.
    pub(crate) fn error(&self) -> StepError {
        match self.message() {
            Some(message) => StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(self.remedy()),
            None => requested(),
        }
    }
}

/// The error after a request, until AWS shows what it waits for.
pub(crate) fn requested() -> StepError {
    StepError::new(ErrorCode::NotReady, "AWS was asked to enable all features, and does not show yet what it waits for")
}

/// Where members see their handshakes.
const CONSOLE: &str = "https://console.aws.amazon.com/organizations/v2/home";
/// Where the management account sees them.
pub(crate) const SETTINGS: &str = "https://console.aws.amazon.com/organizations/v2/home/settings/enable-all-features";

fn is_of_features(handshake: &Handshake) -> bool {
    matches!(handshake.action(), Some(ActionType::EnableAllFeatures | ActionType::ApproveAllFeatures))
}

/// The request to create the service-linked role of AWS Organizations again.
fn is_of_role(handshake: &Handshake) -> bool {
    handshake.action() == Some(&ActionType::AddOrganizationsServiceLinkedRole)
}

fn accounts(handshake: &Handshake) -> impl Iterator<Item = &str> {
    let accounts = handshake.parties().iter().filter(|party| *party.r#type() == HandshakePartyType::Account);
    accounts.map(HandshakeParty::id)
}

/// Whether a handshake belongs to a request. AWS names the request without the beginning of its ID.
fn is_child(handshake: &Handshake, request: &Handshake) -> bool {
    let parents =
        handshake.resources().iter().filter(|one| one.r#type() == Some(&HandshakeResourceType::ParentHandshake));
    let id = |text: &str| text.trim_start_matches("h-").to_owned();
    let own = request.id().map(id);
    parents.into_iter().all(|parent| parent.value().map(id) == own)
}

fn day(seconds: i64) -> Option<Date> {
    OffsetDateTime::from_unix_timestamp(seconds).ok().map(OffsetDateTime::date)
}

/// How many accounts a message names.
const NAMED: usize = 10;

fn listed(accounts: &BTreeSet<String>) -> String {
    let named: Vec<&str> = accounts.iter().take(NAMED).map(String::as_str).collect();
    let more = accounts.len() - named.len();
    let (word, named) = (if accounts.len() == 1 { "account" } else { "accounts" }, named.join(", "));
    if more == 0 { format!("{word} {named}") } else { format!("{word} {named}, and {more} more") }
}
