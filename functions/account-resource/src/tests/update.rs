use vending_core::RELEASED;

use super::aws::*;
use super::*;

fn changed() -> Value {
    with(&json!({ "OrganizationalUnit": "Production", "ServiceTimeout": "600" }))
}

/// An update of an account that stands and is the stack's own.
fn own(s3: Vec<Rule>, executions: Vec<Rule>, unit: &'static str) -> Rules {
    Rules {
        s3: [vec![listed(&[1]), got(&vended(1))], s3].concat(),
        executions: [vec![timed()], executions].concat(),
        organizations: [standing(Some(STACK)), root_with(unit).to_vec()].concat(),
    }
}

#[tokio::test]
async fn an_update_of_the_stacks_own_account_is_the_next_attempt() {
    let claim = claimed(2, |record| {
        assert_eq!(record.request.organizational_unit.as_str(), "Production");
        assert_eq!(record.request.account_email.as_str(), EMAIL);
        assert_eq!(record.requested_by, STACK);
    });
    let rules = own(vec![kept(), claim, named(2), got(&record(2))], vec![started(2)], "Production");
    rules.run(event("Update", &changed())).await.nothing_yet();
}

#[tokio::test]
async fn an_update_that_ended_meanwhile_is_answered_and_takes_nothing_over() {
    let s3 = vec![kept(), claimed(2, |_| ()), named(2), got(&vended(2)), forgotten()];
    own(s3, vec![started(2)], "Production").run(event("Update", &changed())).await.succeeded();
}

#[tokio::test]
async fn an_update_that_changes_nothing_of_the_account_is_answered_at_once() {
    let released = with(&json!({ "ServiceTimeout": "600" }));
    let outcomes = own(vec![kept(), forgotten()], vec![], "Workloads").run(event("Update", &released)).await;
    assert_eq!(outcomes.succeeded()["AccountId"], ACCOUNT);
}

#[tokio::test]
async fn whoever_loses_a_race_looks_again() {
    let mut theirs = record(2);
    theirs.request.reason = Some("another change".to_owned());
    let s3 = vec![kept(), taken(2), listed(&[1, 2]), got(&theirs), forgotten()];
    let outcomes = own(s3, vec![runs()], "Production").run(event("Update", &changed())).await;
    assert!(outcomes.failed().contains(&format!("request {} for this account has not ended", id(2))));
}

#[tokio::test]
async fn the_email_and_the_name_of_an_account_stay() {
    let rules = Rules {
        s3: vec![listed(&[1]), got(&vended(1)), forgotten()],
        organizations: [standing(Some(STACK)), root_with("Workloads").to_vec()].concat(),
        ..Rules::default()
    };
    let other = with(&json!({ "AccountEmail": "other@example.com", "AccountName": "payments-prod" }));
    let outcomes = rules.run(event("Update", &other)).await;
    let reason = outcomes.failed();
    assert!(reason.contains("AccountEmail: must be left out or stay as it is"), "{reason}");
    assert!(reason.contains("AccountName: must stay `payments-dev`"), "{reason}");
}

#[tokio::test]
async fn an_account_that_is_not_the_stacks_is_not_changed() {
    for (stack, told) in [
        (None, "no stack asked for it"),
        (Some(RELEASED), "its stack has released it"),
        (Some(OTHER_STACK), "it is that of arn:aws:cloudformation:us-east-1:123456789012:stack/other/4e5f"),
    ] {
        let rules = Rules {
            s3: vec![listed(&[1]), got(&vended(1)), forgotten()],
            organizations: standing(stack),
            ..Rules::default()
        };
        let outcomes = rules.run(event("Update", &changed())).await;
        let reason = outcomes.failed();
        assert!(reason.contains(told) && reason.contains(&format!("PUT /accounts/{}", key())), "{reason}");
    }
}

#[tokio::test]
async fn what_never_was_an_account_cannot_be_changed() {
    let rules = Rules { s3: vec![listed(&[]), forgotten()], ..Rules::default() };
    let outcomes = rules.run(event("Update", &changed())).await;
    assert!(outcomes.failed().contains("there is no account of this resource"));
    let mut event = event("Update", &changed());
    event["PhysicalResourceId"] = "no-account".into();
    Rules::default().run(event).await.told("FAILED", "no-account");
}
