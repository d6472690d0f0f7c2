use vending_core::RELEASED;

use super::aws::*;
use super::*;

fn of_account(organizations: Vec<Rule>) -> Rules {
    Rules { s3: vec![listed(&[1]), got(&vended(1))], organizations, ..Rules::default() }
}

fn into_released() -> Value {
    with(&json!({ "ReleasedOrganizationalUnit": "Released" }))
}

#[tokio::test]
async fn a_deletion_releases_the_account_and_leaves_it_where_it_is() {
    let rules = of_account([standing(Some(STACK)), vec![tagged(RELEASED)]].concat());
    rules.run(event("Delete", &properties())).await.succeeded();
}

#[tokio::test]
async fn a_released_account_is_moved_first_where_that_is_asked_for() {
    let organizations = [
        standing(Some(STACK)),
        root_with("Released").to_vec(),
        vec![in_parent("ou-Workloads"), moved("ou-Released"), tagged(RELEASED)],
    ];
    of_account(organizations.concat()).run(event("Delete", &into_released())).await.succeeded();
}

#[tokio::test]
async fn a_deletion_that_comes_again_does_what_is_left() {
    let organizations = [
        standing(Some(STACK)),
        root_with("Released").to_vec(),
        vec![in_parent("ou-Released"), not_tagged("TooManyRequestsException")],
    ];
    of_account(organizations.concat()).run(event("Delete", &into_released())).await.again("Throttled");
    of_account(standing(Some(RELEASED))).run(event("Delete", &into_released())).await.succeeded();
}

#[tokio::test]
async fn what_is_not_the_stacks_is_left_alone() {
    for stack in [None, Some(OTHER_STACK), Some(RELEASED)] {
        of_account(standing(stack)).run(event("Delete", &into_released())).await.succeeded();
    }
}

#[tokio::test]
async fn what_was_never_created_is_deleted() {
    let none = Rules { s3: vec![listed(&[])], ..Rules::default() };
    none.run(event("Delete", &properties())).await.succeeded();

    let not_yet =
        Rules { s3: vec![listed(&[1]), got(&record(1))], organizations: vec![no_accounts()], ..Rules::default() };
    not_yet.run(event("Delete", &properties())).await.succeeded();

    for id in ["no-account", "account-vending-Account-1ABC", "../requests"] {
        let mut event = event("Delete", &json!({ "Colour": "red" }));
        event["PhysicalResourceId"] = id.into();
        Rules::default().run(event).await.told("SUCCESS", id);
    }
}

#[tokio::test]
async fn a_unit_that_is_not_there_fails_the_deletion_and_changes_nothing() {
    let organizations = [standing(Some(STACK)), root_with("Workloads").to_vec()].concat();
    let outcomes = of_account(organizations).run(event("Delete", &into_released())).await;
    let reason = outcomes.failed();
    assert!(reason.contains("ReleasedOrganizationalUnit: must exist: there is no `Released`"), "{reason}");

    let protected = with(&json!({ "ReleasedOrganizationalUnit": "Security" }));
    let outcomes = of_account(standing(Some(STACK))).run(event("Delete", &protected)).await;
    assert!(outcomes.failed().contains("must not be in a protected organizational unit"));
}
