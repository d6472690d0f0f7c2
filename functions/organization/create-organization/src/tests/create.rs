//! Accounts without an organization, or in that of others.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::error::{
    AccessDeniedForDependencyException, AlreadyInOrganizationException, ConstraintViolationException,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;

use super::world::OWN;
use super::*;

#[tokio::test]
async fn organization_is_created_only_if_it_is_allowed() {
    let (world, bucket) = (World::without_organization(), Bucket::default());
    let plan_report = plan(&bucket, &world).await;
    assert_eq!(by_name(&plan_report.changes), [(CHANGE.into(), r#"null → "ALL""#.into())].into());
    assert!(plan_report.changes[0].why.as_deref().unwrap().contains("free plan"), "{:?}", plan_report.changes);
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(world.writes(), Vec::<String>::new());
    allow(&bucket, &[CHANGE]);
    assert_eq!(run(&bucket, &world).await.unwrap().changes, plan_report.changes);
    assert_eq!(world.writes(), ["create ALL"]);
    assert_eq!(plan(&bucket, &world).await.changes, []);
}

#[tokio::test]
async fn organization_with_all_features_is_left_alone() {
    let (world, bucket) = (World::with(OWN, OrganizationFeatureSet::All), Bucket::default());
    let plan = plan(&bucket, &world).await;
    assert_eq!((plan.changes, plan.blockers, plan.notes), (vec![], vec![], vec![]));
    run(&bucket, &world).await.unwrap();
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn organization_of_others_is_a_blocker() {
    for features in [OrganizationFeatureSet::All, OrganizationFeatureSet::ConsolidatedBilling] {
        let (world, bucket) = (World::with("999999999999", features), Bucket::default());
        let plan = plan(&bucket, &world).await;
        assert_eq!(plan.changes, []);
        let PlanBlocker { detail, remedy, .. } = &plan.blockers[0];
        assert!(detail.contains("o-exampleorgid") && detail.contains(OWN), "{detail}");
        assert!(remedy.contains("deploy the stack in account 999999999999"), "{remedy}");
        let (code, message) = run(&bucket, &world).await.unwrap_err();
        assert_eq!(code, "PlanOutdated");
        assert!(message.contains("applied: the stack must be in the management account"), "{message}");
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

/// CreateOrganization fails. `joins` is the organization that the account is in afterwards.
async fn create_with(
    error: impl Fn() -> CreateOrganizationError + Send + Sync + 'static,
    joins: Option<&'static str>,
) -> Result<PlanReport, (String, String)> {
    let world = World::without_organization();
    let bucket = allowed(&world).await;
    let joined = world.clone();
    let fails: Rule = mock!(Client::create_organization).then_error(move || {
        joined.state().organization = joins.map(|management| (management, OrganizationFeatureSet::All));
        error()
    });
    invoke(&bucket, world.function_with(&[fails]), PlanMode::Apply).await?;
    Ok(report(&bucket, CreateOrganization::FOLDER, PlanMode::Apply))
}

fn already() -> CreateOrganizationError {
    CreateOrganizationError::AlreadyInOrganizationException(AlreadyInOrganizationException::builder().build())
}

#[tokio::test]
async fn creation_with_a_lost_response_succeeds() {
    let run = create_with(already, Some(OWN)).await.unwrap();
    assert!(run.is_applied && run.changes.len() == 1, "{run:?}");
}

#[tokio::test]
async fn creation_that_is_not_visible_is_retried() {
    let (code, message) = create_with(already, None).await.unwrap_err();
    assert_eq!(code, "NotReady");
    assert!(message.contains(CHANGE), "{message}");
}

#[tokio::test]
async fn account_that_joined_others_is_an_error() {
    let (code, message) = create_with(already, Some("999999999999")).await.unwrap_err();
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("999999999999"), "{message}");
}

#[tokio::test]
async fn constraint_of_aws_says_what_to_do() {
    for (reason, remedy) in [
        ("MASTER_ACCOUNT_MISSING_CONTACT_INFO", "https://console.aws.amazon.com/billing/home#/account"),
        (
            "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
            "https://console.aws.amazon.com/billing/home#/paymentpreferences",
        ),
        ("ACCOUNT_CREATION_NOT_COMPLETE", "complete the sign-up"),
        ("SOMETHING_NEW", "AWS Support"),
    ] {
        let error = move || {
            let violation = ConstraintViolationException::builder().reason(reason.into()).build();
            CreateOrganizationError::ConstraintViolationException(violation)
        };
        let (code, message) = create_with(error, None).await.unwrap_err();
        assert_eq!(code, "InvalidConfiguration", "{reason}");
        assert!(message.contains(reason) && message.contains(remedy), "{message}");
    }
}

#[tokio::test]
async fn role_that_is_denied_is_named() {
    let error = || {
        let denied = AccessDeniedForDependencyException::builder().build();
        CreateOrganizationError::AccessDeniedForDependencyException(denied)
    };
    let (code, message) = create_with(error, None).await.unwrap_err();
    assert_eq!(code, "AccessDenied");
    assert!(message.contains("iam:CreateServiceLinkedRole"), "{message}");
}

#[tokio::test]
async fn transient_errors_are_retried() {
    for (code, expected) in [
        ("ConcurrentModificationException", "ServiceUnavailable"),
        ("FinalizingOrganizationException", "ServiceUnavailable"),
        ("ServiceException", "ServiceUnavailable"),
        ("TooManyRequestsException", "Throttled"),
        ("AccessDeniedException", "AccessDenied"),
    ] {
        let error = move || CreateOrganizationError::generic(ErrorMetadata::builder().code(code).build());
        assert_eq!(create_with(error, None).await.unwrap_err().0, expected, "{code}");
    }
}
