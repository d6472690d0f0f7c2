use vending_core::RELEASED;

use super::aws::*;
use super::*;

fn of_account(accounts: &Bucket, organizations: Vec<Rule>) -> Rules {
    Rules { s3: vec![listed(&[1]), got(&vended(1))], organizations, accounts: accounts.clone(), ..Rules::default() }
}

fn into_released() -> Value {
    with(&json!({ "ReleasedOrganizationalUnit": "Released" }))
}

#[tokio::test]
async fn deletion_releases_the_account_in_its_ou() {
    let accounts = owned_by(STACK, &["Account"]);
    of_account(&accounts, vec![active(), tagged(RELEASED)]).run(event("Delete", &properties())).await.succeeded();
    let account = accounts.account(ACCOUNT);
    assert!(account.released_at.is_some() && account.stack_resources.is_empty());
}

#[tokio::test]
async fn released_account_is_moved_first() {
    let organizations = [
        vec![active()],
        root_with("Released").to_vec(),
        vec![in_parent("r-1"), moved("ou-released"), tagged(RELEASED)],
    ];
    let accounts = owned_by(STACK, &["Account"]);
    of_account(&accounts, organizations.concat()).run(event("Delete", &into_released())).await.succeeded();
}

#[tokio::test]
async fn release_moves_no_account_from_an_ou_without_requests() {
    let organizations =
        [vec![active()], root_with("Released").to_vec(), vec![in_unit("ou-security"), in_parent("r-1")]].concat();
    let accounts = owned_by(STACK, &["Account"]);
    let invocation = of_account(&accounts, organizations).run(event("Delete", &into_released())).await;
    assert!(invocation.failed().contains("is in an OU in which requests are denied"), "{}", invocation.failed());
    assert!(accounts.account(ACCOUNT).has_stack_resource(STACK, "Account"));
}

#[tokio::test]
async fn repeated_deletion_continues() {
    let organizations = [
        vec![active()],
        root_with("Released").to_vec(),
        vec![in_parent("ou-released"), tag_error("TooManyRequestsException")],
    ];
    let accounts = owned_by(STACK, &["Account"]);
    of_account(&accounts, organizations.concat()).run(event("Delete", &into_released())).await.is_retried("Throttled");
    of_account(&released_by(STACK), vec![]).run(event("Delete", &into_released())).await.succeeded();
}

#[tokio::test]
async fn stack_without_its_account_is_deleted() {
    let accounts = owned_by(STACK, &["Account"]);
    of_account(&accounts, vec![gone()]).run(event("Delete", &into_released())).await.succeeded();
    assert!(accounts.account(ACCOUNT).released_at.is_some());
}

/// The stack got the response FAILED, and then the account was assigned to it.
#[tokio::test]
async fn failed_creation_releases_its_account() {
    let accounts = owned_by(STACK, &["Account"]);
    let mut event = event("Delete", &properties());
    event["PhysicalResourceId"] = format!("not-created/{}", key()).into();
    let s3 = vec![listed(&[1]), got(&vended(1)), listed(&[1]), got(&vended(1)), marked_abandoned()];
    let organizations = vec![active(), tagged(RELEASED)];
    let rules = Rules { s3, organizations, accounts: accounts.clone(), ..Rules::default() };
    rules.run(event).await.response("SUCCESS", &format!("not-created/{}", key()));
    assert!(accounts.account(ACCOUNT).released_at.is_some());
}

/// CloudFormation deletes the old name of a renamed resource after it created the new one.
#[tokio::test]
async fn account_is_kept_for_another_resource() {
    for others in [&["NewName", "Account"][..], &["Account", "Copy"]] {
        let accounts = owned_by(STACK, others);
        of_account(&accounts, vec![]).run(event("Delete", &into_released())).await.succeeded();
        let account = accounts.account(ACCOUNT);
        assert!(account.released_at.is_none() && account.stack_resources.len() == 1, "{account:?}");
    }
}

#[tokio::test]
async fn deletion_keeps_accounts_of_others() {
    for accounts in [
        Bucket::default(),
        owned_by("arn:aws:iam::123456789012:user/jane", &[]),
        owned_by(OTHER_STACK, &["Account"]),
        owned_by(STACK, &["Other"]),
        released_by(STACK),
    ] {
        of_account(&accounts, vec![]).run(event("Delete", &into_released())).await.succeeded();
    }
}

#[tokio::test]
async fn resource_without_an_account_is_deleted() {
    let none = Rules { s3: vec![listed(&[])], ..Rules::default() };
    none.run(event("Delete", &properties())).await.succeeded();

    for id in ["not-created/unknown", "account-vending-Account-1ABC", "../requests"] {
        let mut event = event("Delete", &json!({ "Color": "red" }));
        event["PhysicalResourceId"] = id.into();
        Rules::default().run(event).await.response("SUCCESS", id);
    }
}

/// The account may still be created: the next stack that requests it gets it.
#[tokio::test]
async fn deleting_a_failed_creation_abandons_it() {
    let ids = [format!("not-created/{}", key()), "account-vending-Account-1ABC".to_owned()];
    for id in ids {
        for previous in [record(1), failed(1), vended(1)] {
            let mut event = event("Delete", &into_released());
            event["PhysicalResourceId"] = id.clone().into();
            let accounts = owned_by(STACK, &["Other"]);
            let s3 = vec![listed(&[1]), got(&previous), listed(&[1]), got(&previous), marked_abandoned()];
            // The email is derived from the name if the physical ID has no key.
            let organizations = if id.starts_with("not-created") { vec![] } else { root_with("Workloads").to_vec() };
            let rules = Rules { s3, organizations, accounts: accounts.clone(), ..Rules::default() };
            rules.run(event).await.response("SUCCESS", &id);
            assert!(accounts.account(ACCOUNT).has_stack_resource(STACK, "Other"));
        }
    }
    let other_request = RequestRecord { requested_by: OTHER_STACK.to_owned(), ..record(1) };
    let mut event = event("Delete", &properties());
    event["PhysicalResourceId"] = format!("not-created/{}", key()).into();
    let s3 = vec![listed(&[1]), got(&other_request), listed(&[1]), got(&other_request)];
    Rules { s3, ..Rules::default() }.run(event).await;
}

#[tokio::test]
async fn missing_ou_fails_the_deletion() {
    let accounts = owned_by(STACK, &["Account"]);
    let organizations = [vec![active()], root_with("Workloads").to_vec()].concat();
    let invocation = of_account(&accounts, organizations).run(event("Delete", &into_released())).await;
    let reason = invocation.failed();
    assert!(reason.contains("ReleasedOrganizationalUnit: must exist: there is no OU `Released`"), "{reason}");

    let denied = with(&json!({ "ReleasedOrganizationalUnit": "Security" }));
    let invocation = of_account(&accounts, vec![active()]).run(event("Delete", &denied)).await;
    assert!(invocation.failed().contains("must be an OU in which accounts can be requested"));
    assert!(accounts.account(ACCOUNT).has_stack_resource(STACK, "Account"));
}
