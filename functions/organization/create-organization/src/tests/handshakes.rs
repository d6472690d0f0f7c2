//! The state of the change to all features, by handshakes.

use aws_sdk_organizations::primitives::DateTime;
use aws_sdk_organizations::types::HandshakeState::{Accepted, Canceled, Declined, Expired, Open, Requested};
use aws_sdk_organizations::types::{
    ActionType, Handshake, HandshakeParty, HandshakePartyType, HandshakeResource, HandshakeResourceType, HandshakeState,
};

use super::world::OWN;
use crate::migration::{Migration, Waiting};

/// 2027-02-25.
const EXPIRATION: i64 = 1_803_513_600;

fn party(kind: HandshakePartyType, id: &str) -> HandshakeParty {
    HandshakeParty::builder().r#type(kind).id(id).build().unwrap()
}

fn handshake(id: &str, action: ActionType, state: HandshakeState, accounts: &[&str]) -> Handshake {
    let accounts = accounts.iter().map(|account| party(HandshakePartyType::Account, account));
    let parties = std::iter::once(party(HandshakePartyType::Organization, "exampleorgid")).chain(accounts);
    let handshake = Handshake::builder().id(id).action(action).state(state);
    handshake.set_parties(Some(parties.collect())).expiration_timestamp(DateTime::from_secs(EXPIRATION)).build()
}

/// The request to enable all features.
pub(super) fn request(id: &str, state: HandshakeState) -> Handshake {
    handshake(id, ActionType::EnableAllFeatures, state, &[])
}

/// What an invited account has to accept for a request.
pub(super) fn approval(account: &str, request: &str, state: HandshakeState) -> Handshake {
    child(request, handshake(&format!("h-{account}"), ActionType::ApproveAllFeatures, state, &[account]))
}

fn child(request: &str, mut handshake: Handshake) -> Handshake {
    let parent = HandshakeResource::builder().r#type(HandshakeResourceType::ParentHandshake);
    handshake.resources = Some(vec![parent.value(request.trim_start_matches("h-")).build()]);
    handshake
}

fn migration(handshakes: &[Handshake]) -> Migration {
    Migration::of(handshakes, &OWN.parse().unwrap())
}

fn waiting(handshakes: &[Handshake]) -> Waiting {
    match migration(handshakes) {
        Migration::Waiting(waiting) => waiting,
        other => panic!("{other:?}"),
    }
}

#[test]
fn ended_requests_do_not_count() {
    let invitation = handshake("h-i", ActionType::InviteAccountToOrganization, Open, &["111122223333"]);
    let ended = [Canceled, Declined, Expired].map(|state| request("h-r", state)).to_vec();
    assert_eq!(migration(&[ended, vec![invitation]].concat()), Migration::NotRequested);
    assert_eq!(migration(&[]), Migration::NotRequested);
}

#[test]
fn request_that_all_accepted_is_ready() {
    let handshakes = [request("h-old", Expired), approval("111122223333", "h-new", Accepted), request("h-new", Open)];
    assert_eq!(migration(&handshakes), Migration::Ready("h-new".to_owned()));
    assert_eq!(migration(&[request("h-new", Accepted)]), Migration::Complete);
}

/// The reference of the API names the actions the other way round than the user guide.
#[test]
fn actions_may_be_the_other_way_round() {
    let of_account = |state| child("h-r", handshake("h-a", ActionType::EnableAllFeatures, state, &["111122223333"]));
    let request = |state| handshake("h-r", ActionType::ApproveAllFeatures, state, &[OWN]);
    assert_eq!(migration(&[of_account(Accepted), request(Open)]), Migration::Ready("h-r".to_owned()));
    let found = waiting(&[of_account(Open), request(Requested)]);
    assert_eq!(found.accounts, ["111122223333".to_owned()].into());
}

#[test]
fn accounts_of_earlier_requests_do_not_count() {
    let found = waiting(&[
        request("h-new", Requested),
        approval("111122223333", "h-old", Expired),
        approval("222233334444", "h-old", Declined),
        approval("333344445555", "h-new", Accepted),
        approval("444455556666", "h-new", Open),
    ]);
    assert_eq!((found.accounts, found.declined), (["444455556666".to_owned()].into(), [].into()));
    assert_eq!(found.until.unwrap().to_string(), "2027-02-25");
}

#[test]
fn account_that_was_asked_again_has_not_declined() {
    let approvals = [approval("111122223333", "h-r", Declined), approval("222233334444", "h-r", Declined)].to_vec();
    let again = vec![request("h-r", Requested), approval("111122223333", "h-r", Open)];
    let found = waiting(&[approvals, again].concat());
    assert_eq!(found.declined, ["222233334444".to_owned()].into());
}

/// A created account that deleted the role of AWS Organizations has to create it again.
#[test]
fn missing_roles_are_awaited() {
    let action = ActionType::AddOrganizationsServiceLinkedRole;
    let role = child("h-r", handshake("h-a", action, Open, &["111122223333"]));
    assert_eq!(waiting(&[request("h-r", Requested), role]).accounts, ["111122223333".to_owned()].into());
}

#[test]
fn message_names_ten_accounts() {
    let approvals = (0..12).map(|number| approval(&format!("{number:012}"), "h-r", Open));
    let handshakes: Vec<Handshake> = approvals.chain([request("h-r", Requested)]).collect();
    let message = waiting(&handshakes).message().unwrap();
    assert!(message.contains("000000000009, and 2 more") && !message.contains("000000000010"), "{message}");
}
