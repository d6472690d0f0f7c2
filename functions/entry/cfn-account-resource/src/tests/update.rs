use super::aws::*;
use super::*;

fn changed() -> Value {
    with(&json!({ "OrganizationalUnit": "Production", "ServiceTimeout": "600" }))
}

/// The first calls of an update of a vended account of the stack.
fn started_update(s3: Vec<Rule>, executions: Vec<Rule>, unit: &'static str) -> Rules {
    Rules {
        s3: [vec![listed(&[1]), got(&vended(1))], s3].concat(),
        executions: [vec![timer_started()], executions].concat(),
        organizations: [root_with(unit).to_vec(), vec![active()]].concat(),
        accounts: owned_by(STACK, &["Account"]),
    }
}

#[tokio::test]
async fn update_is_the_next_attempt() {
    let claim = claimed(2, |record| {
        assert_eq!(record.request.organizational_unit.as_str(), "Production");
        assert_eq!(record.request.account_email.as_str(), EMAIL);
        assert_eq!(record.requested_by, STACK);
    });
    let rules = started_update(
        vec![pending_created(), claim, pending_updated(2), got(&record(2))],
        vec![started(2)],
        "Production",
    );
    rules.run(event("Update", &changed())).await.has_no_response();
}

#[tokio::test]
async fn ended_update_gets_a_response_at_once() {
    let s3 = vec![pending_created(), claimed(2, |_| ()), pending_updated(2), got(&vended(2)), pending_removed()];
    started_update(s3, vec![started(2)], "Production").run(event("Update", &changed())).await.succeeded();
}

#[tokio::test]
async fn update_without_changes_responds_at_once() {
    let released = with(&json!({ "ServiceTimeout": "600" }));
    let organizations = root_with("Workloads").to_vec();
    let rules =
        Rules { organizations, ..started_update(vec![pending_created(), pending_removed()], vec![], "Workloads") };
    let invocation = rules.run(event("Update", &released)).await;
    assert_eq!(invocation.succeeded()["AccountId"], ACCOUNT);
}

#[tokio::test]
async fn losing_a_race_rereads_the_request() {
    let mut other_change = record(2);
    other_change.request.reason = Some("another change".to_owned());
    let s3 = vec![pending_created(), claim_exists(2), listed(&[1, 2]), got(&other_change), pending_removed()];
    let invocation = started_update(s3, vec![running()], "Production").run(event("Update", &changed())).await;
    assert!(invocation.failed().contains(&format!("request {} for this account has not ended", id(2))));
}

#[tokio::test]
async fn name_and_email_cannot_change() {
    let rules = Rules {
        s3: vec![listed(&[1]), got(&vended(1)), pending_removed()],
        organizations: root_with("Workloads").to_vec(),
        accounts: owned_by(STACK, &["Account"]),
        ..Rules::default()
    };
    let other = with(&json!({ "AccountEmail": "other@example.com", "AccountName": "payments-prod" }));
    let invocation = rules.run(event("Update", &other)).await;
    let reason = invocation.failed();
    assert!(reason.contains("AccountEmail: must be left out or unchanged"), "{reason}");
    assert!(reason.contains("AccountName: must be `payments-dev`"), "{reason}");
}

#[tokio::test]
async fn update_changes_no_account_of_others() {
    let jane = "arn:aws:iam::123456789012:user/jane";
    for (accounts, expected) in [
        (owned_by(jane, &[]), "arn:aws:iam::123456789012:user/jane, which is not a stack"),
        (released_by(STACK), "released it"),
        (
            owned_by(OTHER_STACK, &["Account"]),
            "it belongs to arn:aws:cloudformation:us-east-1:123456789012:stack/other/4e5f",
        ),
        (owned_by(STACK, &["Other"]), "does not belong to this resource"),
    ] {
        let rules = Rules { s3: vec![listed(&[1]), got(&vended(1)), pending_removed()], accounts, ..Rules::default() };
        let invocation = rules.run(event("Update", &changed())).await;
        let reason = invocation.failed();
        assert!(reason.contains(expected) && reason.contains("PUT /accounts/222222222222"), "{reason}");
    }
}

#[tokio::test]
async fn update_without_an_account_fails() {
    let rules = Rules { s3: vec![listed(&[]), pending_removed()], ..Rules::default() };
    let invocation = rules.run(event("Update", &changed())).await;
    assert!(invocation.failed().contains("this resource has no account"));
    let mut event = event("Update", &changed());
    event["PhysicalResourceId"] = "not-created/unknown".into();
    Rules::default().run(event).await.response("FAILED", "not-created/unknown");
}
