use vending_core::{RELEASED, RequestId};

use super::aws::*;
use super::*;

/// What every creation begins with: its OU is there, its answer is kept, its timer runs.
fn begun(s3: Vec<Rule>, executions: Vec<Rule>, organizations: Vec<Rule>) -> Rules {
    Rules {
        s3: [vec![kept()], s3].concat(),
        executions: [vec![timed()], executions].concat(),
        organizations: [root_with("Workloads").to_vec(), organizations].concat(),
    }
}

#[tokio::test]
async fn a_creation_asks_for_an_account_and_waits_for_its_end() {
    let claim = claimed(1, |record| {
        assert_eq!((record.requested_by.as_str(), record.request.account_email.as_str()), (STACK, EMAIL));
    });
    let rules = begun(vec![claim, named(1), got(&record(1))], vec![started(1)], vec![]);
    rules.run(event("Create", &properties())).await.nothing_yet();
}

#[tokio::test]
async fn a_request_that_ended_before_it_knew_of_the_stack_is_answered_at_once() {
    let rules = begun(vec![claimed(1, |_| ()), named(1), got(&failed(1)), forgotten()], vec![started(1)], vec![]);
    let outcomes = rules.run(event("Create", &properties())).await;
    assert_eq!(
        outcomes.failed(),
        format!("request {} failed at EnableConfig: AccessDenied: denied. Remedy: allow it", id(1))
    );
}

#[tokio::test]
async fn an_account_that_stands_is_shown_and_stays_whose_it_is() {
    for stack in [None, Some(OTHER_STACK)] {
        let s3 = vec![taken(1), listed(&[1]), got(&vended(1)), forgotten()];
        let rules = begun(s3, vec![], [standing(stack), standing(stack)].concat());
        let outcomes = rules.run(event("Create", &properties())).await;
        let data = outcomes.succeeded();
        assert_eq!((&data["AccountId"], &data["RequestId"]), (&json!(ACCOUNT), &json!(id(1))));
    }
}

#[tokio::test]
async fn a_released_account_is_vended_once_more_since_it_may_have_been_moved_away() {
    let claim = claimed(2, |record| assert_eq!(record.account_id.as_ref().unwrap().as_str(), ACCOUNT));
    let s3 = vec![taken(1), listed(&[1]), got(&vended(1)), claim, named(2), got(&record(2))];
    let rules = begun(s3, vec![started(2)], standing(Some(RELEASED)));
    rules.run(event("Create", &properties())).await.nothing_yet();
}

#[tokio::test]
async fn a_released_account_becomes_the_stacks_own_before_the_stack_hears_of_it() {
    let s3 = vec![taken(1), listed(&[1]), got(&record(1)), named(1), got(&vended(1)), forgotten()];
    let organizations = [standing(Some(RELEASED)), vec![tagged(STACK)]].concat();
    let rules = begun(s3, vec![runs()], organizations);
    rules.run(event("Create", &properties())).await.succeeded();
}

#[tokio::test]
async fn a_request_that_runs_is_joined() {
    let s3 = vec![taken(1), listed(&[1]), got(&record(1)), named(1), got(&record(1))];
    begun(s3, vec![runs()], vec![]).run(event("Create", &properties())).await.nothing_yet();
}

#[tokio::test]
async fn other_content_for_an_account_that_stands_fails_with_the_reason() {
    let s3 = vec![taken(1), listed(&[1]), got(&vended(1)), forgotten()];
    let outcomes = begun(s3, vec![], vec![]).run(event("Create", &with(&json!({ "Reason": "CHG-2" })))).await;
    let reason = outcomes.failed();
    assert!(reason.contains("this account stands, with other content") && reason.contains("Remedy: "), "{reason}");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_is_asked_for() {
    let wrong = with(&json!({
        "AccountName": "<payments>", "AccountEmail": EMAIL, "Colour": "red", "Tags": [{ "Key": "aws:x", "Value": "1" }],
        "ReleasedOrganizationalUnit": "Security", "MonthlyBudgetUsd": "many",
        "Access": [{ "Group": "developers", "permissionSet": "PowerUserAccess" }],
        "GithubDeploy": [{ "Repository": "acme/pay", "Branches": ["main", "*"], "OwnerId": "1" }],
        "Contacts": { "Security": { "Name": "Sam", "Title": "CISO", "Email": "sam@example.com" } }
    }));
    let outcomes = Rules { s3: vec![forgotten()], ..Rules::default() }.run(event("Create", &wrong)).await;
    let reason = outcomes.failed();
    for told in [
        "AccountName: must have",
        "Colour: is not",
        "Tags: `aws:x` must not",
        "ReleasedOrganizationalUnit: must not be in a protected",
        "MonthlyBudgetUsd: must be a whole number",
        "Access[0].permissionSet: is not a property here; the properties are Group, User, PermissionSet",
        "Access[0].PermissionSet: is required",
        "GithubDeploy[0].Repository: must be a repository of an owner that this stack allows; it allows none",
        "GithubDeploy[0].Branches[1]: must not have * or ?",
        "GithubDeploy[0].RepositoryId: is required together with OwnerId",
        "GithubDeploy[0].PolicyArns: is required",
        "Contacts.Security.Phone: is required",
    ] {
        assert!(reason.contains(told), "{reason}");
    }
}

#[tokio::test]
async fn organizational_units_must_exist() {
    let organizations = [root_with("Sandbox").to_vec(), vec![units("Sandbox")]].concat();
    let rules = Rules { s3: vec![forgotten()], organizations, ..Rules::default() };
    let outcomes = rules.run(event("Create", &with(&json!({ "ReleasedOrganizationalUnit": "Released" })))).await;
    let reason = outcomes.failed();
    assert!(reason.contains("OrganizationalUnit: must exist: there is no `Workloads` below the root"), "{reason}");
    assert!(reason.contains("ReleasedOrganizationalUnit: must exist: there is no `Released`"), "{reason}");
}

#[tokio::test]
async fn when_aws_cannot_say_whether_a_unit_exists_the_execution_will() {
    let [root, _] = root_with("Workloads");
    let rules = Rules {
        s3: vec![kept(), claimed(1, |_| ()), named(1), got(&record(1))],
        executions: vec![timed(), started(1)],
        organizations: vec![root, units_refused("TooManyRequestsException")],
    };
    rules.run(event("Create", &properties())).await.nothing_yet();
}

#[tokio::test]
async fn an_account_that_cannot_be_told_has_an_id_all_the_same() {
    let wrong = with(&json!({ "AccountName": "R&D" }));
    let outcomes = Rules::default().run(event("Create", &wrong)).await;
    let reason = outcomes.told("FAILED", "no-account")["Reason"].as_str().unwrap();
    assert!(reason.contains("AccountEmail: was left out, and the email derived from AccountName"), "{reason}");
}

#[tokio::test]
async fn an_event_that_comes_twice_at_once_asks_once() {
    let rules = Rules {
        s3: vec![kept_before(), taken(1), listed(&[1]), got(&record(1)), named(1), got(&record(1))],
        executions: vec![timed_before(), runs()],
        organizations: root_with("Workloads").to_vec(),
    };
    rules.run(event("Create", &properties())).await.nothing_yet();
}

#[tokio::test]
async fn an_event_that_comes_again_after_its_answer_leads_to_nothing() {
    let rules = Rules {
        s3: vec![kept(), forgotten()],
        executions: vec![timed_before()],
        organizations: root_with("Workloads").to_vec(),
    };
    rules.run(event("Create", &properties())).await.nothing_yet();
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_is_final_is_told() {
    let rules =
        |code| Rules { s3: vec![not_kept(code)], organizations: root_with("Workloads").to_vec(), ..Rules::default() };
    rules("SlowDown").run(event("Create", &properties())).await.again("Throttled");
    let mut denied = rules("AccessDenied");
    denied.s3.push(forgotten());
    let outcomes = denied.run(event("Create", &properties())).await;
    assert!(outcomes.failed().starts_with("AccessDenied: could not keep the pending answer"), "{}", outcomes.failed());

    let rules = Rules {
        s3: vec![kept()],
        executions: vec![not_started("ThrottlingException")],
        organizations: root_with("Workloads").to_vec(),
    };
    rules.run(event("Create", &properties())).await.again("Throttled");
}

#[tokio::test]
async fn an_answer_that_s3_does_not_take_is_given_again_by_the_next_delivery() {
    let s3 = vec![taken(1), listed(&[1]), got(&vended(1))];
    let rules = begun(s3, vec![], [standing(None), standing(None)].concat());
    let outcomes = rules.answered_with(503, event("Create", &properties())).await;
    assert_eq!(outcomes.error.as_deref(), Some("ServiceUnavailable"));
}

#[test]
fn the_executions_name_is_the_requests_id() {
    assert!(id(1).parse::<RequestId>().is_ok());
}
