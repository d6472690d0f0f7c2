//! Organizations that have only consolidated billing.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::accept_handshake::AcceptHandshakeError;
use aws_sdk_organizations::operation::enable_all_features::EnableAllFeaturesError;
use aws_sdk_organizations::types::HandshakeState::{Accepted, Declined, Open, Requested};
use aws_sdk_organizations::types::error::{
    ConstraintViolationException, HandshakeConstraintViolationException, InvalidHandshakeTransitionException,
};
use aws_sdk_organizations::types::{self, HandshakeConstraintViolationExceptionReason};
use aws_smithy_mocks::{Rule, mock};

use super::handshakes::{approval, request as of_features};
use super::world::OWN;
use super::*;

fn world(handshakes: &[types::Handshake]) -> World {
    let world = World::with(OWN, OrganizationFeatureSet::ConsolidatedBilling);
    world.state().handshakes = handshakes.to_vec();
    world
}

#[tokio::test]
async fn features_are_enabled_only_if_it_is_allowed() {
    let (world, bucket) = (world(&[]), Bucket::default());
    let plan = plan(&bucket, &world).await;
    assert_eq!(by_name(&plan.changes), [(CHANGE.into(), r#""CONSOLIDATED_BILLING" → "ALL""#.into())].into());
    assert!(plan.changes[0].why.as_deref().unwrap().contains("cannot be undone"), "{:?}", plan.changes);
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn features_without_invited_accounts_are_enabled_in_one_run() {
    let world = world(&[]);
    world.state().requested = vec![of_features("h-request", Open)];
    let bucket = allowed(&world).await;
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "NotReady");
    let run = run(&bucket, &world).await.unwrap();
    assert_eq!(world.writes(), ["enable", "accept h-request"]);
    assert!(run.is_applied && run.changes.len() == 1, "{run:?}");
    assert_eq!(plan(&bucket, &world).await.changes, []);
}

#[tokio::test]
async fn run_ends_until_invited_accounts_accept() {
    let world = world(&[]);
    world.state().requested = vec![of_features("h-request", Requested), approval("111122223333", "h-request", Open)];
    let bucket = allowed(&world).await;
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "NotReady");
    let (code, message) = run(&bucket, &world).await.unwrap_err();
    assert_eq!(code, "InvalidConfiguration");
    for part in ["account 111122223333", "until 2027-02-25", "https://console.aws.amazon.com/organizations/v2/home"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(world.writes(), ["enable"]);
}

#[tokio::test]
async fn plan_says_who_has_to_accept() {
    let handshakes = [of_features("h-request", Requested), approval("111122223333", "h-request", Open)];
    let (world, bucket) = (world(&handshakes), Bucket::default());
    let report = plan(&bucket, &world).await;
    assert_eq!((report.changes.len(), report.blockers.len()), (1, 0));
    assert!(report.notes[0].message.contains("for account 111122223333"), "{:?}", report.notes);
    // The account accepts, and the same plan can be applied.
    world.state().handshakes = vec![of_features("h-request", Open), approval("111122223333", "h-request", Accepted)];
    allow(&bucket, &[CHANGE]);
    run(&bucket, &world).await.unwrap();
    assert_eq!(world.writes(), ["accept h-request"]);
}

#[tokio::test]
async fn account_that_declined_is_named() {
    let handshakes = [of_features("h-request", Requested), approval("111122223333", "h-request", Declined)];
    let world = world(&handshakes);
    let bucket = allowed(&world).await;
    let (code, message) = run(&bucket, &world).await.unwrap_err();
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("account 111122223333 declined") && message.contains("remove the account"), "{message}");
}

#[tokio::test]
async fn request_without_visible_approvals_is_retried() {
    let world = world(&[of_features("h-request", Requested)]);
    let bucket = allowed(&world).await;
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "NotReady");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn completion_that_is_not_visible_is_retried() {
    let world = world(&[of_features("h-request", Accepted)]);
    let bucket = allowed(&world).await;
    let (code, message) = run(&bucket, &world).await.unwrap_err();
    assert_eq!(code, "NotReady");
    assert!(message.contains("not yet visible"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Runs with a call that fails.
async fn run_with(handshakes: &[types::Handshake], fails: Rule) -> (String, String) {
    let world = world(handshakes);
    let bucket = allowed(&world).await;
    invoke(&bucket, world.function_with(&[fails]), PlanMode::Apply).await.unwrap_err()
}

#[tokio::test]
async fn rejected_request_says_what_to_do() {
    for (reason, code, part) in [
        ("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION", "NotReady", "does not show yet"),
        ("MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED", "InvalidConfiguration", "verify the email"),
        ("PAYMENT_INSTRUMENT_REQUIRED", "InvalidConfiguration", "#/paymentpreferences"),
        ("SOMETHING_NEW", "InvalidConfiguration", "AWS Support"),
    ] {
        let fails = mock!(Client::enable_all_features).then_error(move || {
            let violation = HandshakeConstraintViolationException::builder().reason(reason.into()).build();
            EnableAllFeaturesError::HandshakeConstraintViolationException(violation)
        });
        let (found, message) = run_with(&[], fails).await;
        assert_eq!(found, code, "{reason}");
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test]
async fn request_that_is_already_complete_is_read_again() {
    let fails = mock!(Client::enable_all_features).then_error(|| {
        let reason = HandshakeConstraintViolationExceptionReason::OrganizationAlreadyHasAllFeatures;
        let violation = HandshakeConstraintViolationException::builder().reason(reason).build();
        EnableAllFeaturesError::HandshakeConstraintViolationException(violation)
    });
    let (code, message) = run_with(&[], fails).await;
    assert_eq!(code, "NotReady");
    assert!(message.contains("not yet visible"), "{message}");
}

#[tokio::test]
async fn acceptance_that_aws_rejects_is_retried_or_explained() {
    let early = mock!(Client::accept_handshake).then_error(|| {
        let error = InvalidHandshakeTransitionException::builder().build();
        AcceptHandshakeError::InvalidHandshakeTransitionException(error)
    });
    assert_eq!(run_with(&[of_features("h-request", Open)], early).await.0, "NotReady");
    let constraint = mock!(Client::accept_handshake).then_error(|| {
        let reason = ConstraintViolationExceptionReason::MasterAccountPaymentInstrumentRequired;
        let violation = ConstraintViolationException::builder().reason(reason).build();
        AcceptHandshakeError::ConstraintViolationException(violation)
    });
    let (code, message) = run_with(&[of_features("h-request", Open)], constraint).await;
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("add a valid payment method"), "{message}");
}

#[tokio::test]
async fn acceptance_with_a_lost_response_succeeds() {
    let world = world(&[of_features("h-request", Open)]);
    let bucket = allowed(&world).await;
    let accepted = world.clone();
    let lost = mock!(Client::accept_handshake).then_error(move || {
        accepted.state().organization = Some((OWN, OrganizationFeatureSet::All));
        let error = types::error::HandshakeAlreadyInStateException::builder().build();
        AcceptHandshakeError::HandshakeAlreadyInStateException(error)
    });
    invoke(&bucket, world.function_with(&[lost]), PlanMode::Apply).await.unwrap();
}
