use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_smithy_mocks::mock;
use vending_core::RequestId;

use super::aws::*;
use super::*;

/// The first calls of every creation: the OU lookup, the pending response, and the timer.
fn started_creation(s3: Vec<Rule>, executions: Vec<Rule>, organizations: Vec<Rule>) -> Rules {
    Rules {
        s3: [vec![pending_created()], s3].concat(),
        executions: [vec![timer_started()], executions].concat(),
        organizations: [root_with("Workloads").to_vec(), organizations].concat(),
        ..Rules::default()
    }
}

#[tokio::test]
async fn creation_requests_an_account_and_waits() {
    let claim = claimed(1, |record| {
        assert_eq!((record.requested_by.as_str(), record.request.account_email.as_str()), (STACK, EMAIL));
    });
    let rules = started_creation(vec![claim, pending_updated(1), got(&record(1))], vec![started(1)], vec![]);
    rules.run(event("Create", &properties())).await.has_no_response();
}

#[tokio::test]
async fn ended_request_gets_a_response_at_once() {
    let rules = started_creation(
        vec![claimed(1, |_| ()), pending_updated(1), got(&failed(1)), pending_removed()],
        vec![started(1)],
        vec![],
    );
    let invocation = rules.run(event("Create", &properties())).await;
    assert_eq!(
        invocation.not_created(),
        format!("request {} failed at EnableConfig: AccessDenied: denied. Remedy: allow it", id(1))
    );
}

/// CloudFormation creates a renamed resource under its new name, and then deletes the old name.
#[tokio::test]
async fn second_resource_refers_to_the_same_account() {
    let s3 = vec![claim_exists(1), listed(&[1]), got(&vended(1)), abandoned(None), pending_removed()];
    let accounts = owned_by(STACK, &["FormerName"]);
    let rules = Rules { accounts: accounts.clone(), ..started_creation(s3, vec![], vec![active()]) };
    let invocation = rules.run(event("Create", &properties())).await;
    let data = invocation.succeeded();
    assert_eq!((&data["AccountId"], &data["RequestId"]), (&json!(ACCOUNT), &json!(id(1))));
    let account = accounts.account(ACCOUNT);
    assert!(account.has_stack_resource(STACK, "Account") && account.has_stack_resource(STACK, "FormerName"));
}

#[tokio::test]
async fn account_of_another_requester_is_not_shown() {
    for (requester, is_stack) in [(OTHER_STACK, true), ("arn:aws:iam::123456789012:user/jane", false)] {
        let previous = RequestRecord { requested_by: requester.to_owned(), ..vended(1) };
        let reads = if is_stack { vec![abandoned(None)] } else { Vec::new() };
        let s3 = [vec![claim_exists(1), listed(&[1]), got(&previous)], reads, vec![pending_removed()]].concat();
        let accounts = owned_by(requester, &[]);
        let rules = Rules { accounts: accounts.clone(), ..started_creation(s3, vec![], vec![active()]) };
        let invocation = rules.run(event("Create", &properties())).await;
        assert!(invocation.not_created().contains(requester), "{}", invocation.not_created());
        assert_eq!(accounts.account(ACCOUNT).requested_by, requester);
    }
}

#[tokio::test]
async fn released_account_is_vended_again() {
    let claim = claimed(2, |record| assert_eq!(record.account_id.as_ref().unwrap().as_str(), ACCOUNT));
    let s3 = vec![
        claim_exists(1),
        listed(&[1]),
        got(&vended(1)),
        abandoned(None),
        claim,
        pending_updated(2),
        got(&record(2)),
    ];
    let rules =
        Rules { accounts: released_by(STACK), ..started_creation(s3, vec![started(2)], vec![active(), active()]) };
    rules.run(event("Create", &properties())).await.has_no_response();
}

#[tokio::test]
async fn new_request_of_a_stack_is_not_abandoned() {
    let s3 = vec![
        claim_exists(1),
        listed(&[1]),
        got(&failed(1)),
        abandoned(Some(STACK)),
        cleared_abandoned(),
        claimed(2, |record| assert_eq!(record.requested_by, STACK)),
        pending_updated(2),
        got(&record(2)),
    ];
    started_creation(s3, vec![started(2)], vec![active()]).run(event("Create", &properties())).await.has_no_response();
}

/// The account was created after CloudFormation timed out and deleted the stack.
#[tokio::test]
async fn abandoned_account_is_transferred() {
    for previous in [failed(1), vended(1)] {
        let previous = RequestRecord { requested_by: OTHER_STACK.to_owned(), ..previous };
        let claim = claimed(2, |record| assert_eq!(record.requested_by, STACK));
        let s3 = vec![
            claim_exists(1),
            listed(&[1]),
            got(&previous),
            abandoned(Some(OTHER_STACK)),
            claim,
            pending_updated(2),
            got(&record(2)),
        ];
        let accounts = owned_by(OTHER_STACK, &[]);
        let rules = Rules { accounts, ..started_creation(s3, vec![started(2)], vec![active()]) };
        rules.run(event("Create", &properties())).await.has_no_response();
    }
}

#[tokio::test]
async fn account_of_another_stack_is_not_transferred() {
    for accounts in [owned_by(OTHER_STACK, &["Account"]), released_by(OTHER_STACK)] {
        let previous = RequestRecord { requested_by: OTHER_STACK.to_owned(), ..vended(1) };
        let s3 = vec![claim_exists(1), listed(&[1]), got(&previous), abandoned(Some(OTHER_STACK)), pending_removed()];
        let rules = Rules { accounts, ..started_creation(s3, vec![], vec![active()]) };
        let invocation = rules.run(event("Create", &properties())).await;
        assert!(invocation.not_created().contains(OTHER_STACK), "{}", invocation.not_created());
    }
}

#[tokio::test]
async fn running_request_is_joined() {
    let s3 = vec![claim_exists(1), listed(&[1]), got(&record(1)), abandoned(None), pending_updated(1), got(&record(1))];
    started_creation(s3, vec![running()], vec![]).run(event("Create", &properties())).await.has_no_response();
}

#[tokio::test]
async fn existing_account_with_other_settings_fails() {
    let s3 = vec![claim_exists(1), listed(&[1]), got(&vended(1)), abandoned(None), pending_removed()];
    let rules = started_creation(s3, vec![], vec![active()]);
    let invocation = rules.run(event("Create", &with(&json!({ "Reason": "CHG-2" })))).await;
    let reason = invocation.not_created();
    assert!(
        reason.contains("the account already exists with different settings") && reason.contains("Remedy: "),
        "{reason}"
    );
}

#[tokio::test]
async fn all_errors_are_reported_at_once() {
    let wrong = with(&json!({
        "AccountName": "<payments>", "AccountEmail": EMAIL, "Color": "red", "Tags": [{ "Key": "aws:x", "Value": "1" }],
        "ReleasedOrganizationalUnit": "Security", "MonthlyBudgetUsd": "many",
        "Access": [{ "Group": "developers", "permissionSet": "PowerUserAccess" }],
        "GithubDeploy": [{ "Repository": "acme/pay", "Branches": ["main", "*"], "OwnerId": "1" }],
        "Contacts": { "Security": { "Name": "Sam", "Title": "CISO", "Email": "sam@example.com" } }
    }));
    let organizations = root_with("Workloads").to_vec();
    let rules = Rules { s3: vec![pending_removed()], organizations, ..Rules::default() };
    let invocation = rules.run(event("Create", &wrong)).await;
    let reason = invocation.not_created();
    for error in [
        "AccountName: must have",
        "Color: is an unknown property",
        "Tags: `aws:x` must not",
        "ReleasedOrganizationalUnit: must be an OU in which accounts can be requested",
        "MonthlyBudgetUsd: must be a whole number",
        "Access[0].permissionSet: is an unknown property; expected one of Group, User, PermissionSet",
        "Access[0].PermissionSet: is required",
        "GithubDeploy[0].Repository: must be a repository of an owner that this OU allows; allowed: none",
        "GithubDeploy[0].Branches[1]: must not have * or ?",
        "GithubDeploy[0].RepositoryId: is required together with OwnerId",
        "GithubDeploy[0].PolicyArns: is required",
        "Contacts.Security.Phone: is required",
    ] {
        assert!(reason.contains(error), "{reason}");
    }
}

#[tokio::test]
async fn organizational_units_must_exist() {
    let organizations = [root_with("Sandbox").to_vec(), vec![units("Sandbox")]].concat();
    let rules = Rules { organizations, ..Rules::default() };
    let invocation = rules.run(event("Create", &with(&json!({ "ReleasedOrganizationalUnit": "Released" })))).await;
    // Without its OU, the account has no email, and so no key.
    let reason = invocation.response("FAILED", "not-created/unknown")["Reason"].as_str().unwrap();
    assert!(reason.contains("OrganizationalUnit: must exist: there is no OU `Workloads` in the root"), "{reason}");
    assert!(reason.contains("ReleasedOrganizationalUnit: must exist: there is no OU `Released`"), "{reason}");
}

#[tokio::test]
async fn transient_error_of_the_ou_lookup_is_retried() {
    let [root, _] = root_with("Workloads");
    let organizations = vec![root, list_units_error("TooManyRequestsException")];
    let rules = Rules { organizations, ..Rules::default() };
    rules.run(event("Create", &properties())).await.is_retried("Throttled");
}

#[tokio::test]
async fn new_account_needs_an_allowed_email() {
    let email = "me@mail.test";
    let none = mock!(aws_sdk_s3::Client::list_objects_v2).then_output(|| ListObjectsV2Output::builder().build());
    let pending_removed =
        mock!(aws_sdk_s3::Client::delete_object).then_output(|| DeleteObjectOutput::builder().build());
    let organizations = root_with("Workloads").to_vec();
    let rules = Rules { s3: vec![none, pending_removed], organizations, ..Rules::default() };
    let invocation = rules.run(event("Create", &with(&json!({ "AccountEmail": email })))).await;
    let key = AccountKey::from_email(&email.parse().unwrap()).to_string();
    let reason = invocation.response("FAILED", &format!("not-created/{key}"))["Reason"].as_str().unwrap();
    assert!(reason.contains("AccountEmail: must match the pattern"), "{reason}");
}

#[tokio::test]
async fn unknown_account_has_a_physical_id() {
    let wrong = with(&json!({ "AccountName": "R&D" }));
    let rules = Rules { organizations: root_with("Workloads").to_vec(), ..Rules::default() };
    let invocation = rules.run(event("Create", &wrong)).await;
    let reason = invocation.response("FAILED", "not-created/unknown")["Reason"].as_str().unwrap();
    assert!(reason.contains("AccountEmail: is missing, and the email derived from AccountName"), "{reason}");
}

#[tokio::test]
async fn concurrent_deliveries_send_one_request() {
    let rules = Rules {
        s3: vec![
            pending_exists(),
            claim_exists(1),
            listed(&[1]),
            got(&record(1)),
            abandoned(None),
            pending_updated(1),
            got(&record(1)),
        ],
        executions: vec![timer_exists(), running()],
        organizations: root_with("Workloads").to_vec(),
        ..Rules::default()
    };
    rules.run(event("Create", &properties())).await.has_no_response();
}

#[tokio::test]
async fn repeated_event_is_ignored_after_the_response() {
    let rules = Rules {
        s3: vec![pending_created(), pending_removed_if_unchanged()],
        executions: vec![timer_exists()],
        organizations: root_with("Workloads").to_vec(),
        ..Rules::default()
    };
    rules.run(event("Create", &properties())).await.has_no_response();
}

#[tokio::test]
async fn slow_delivery_keeps_a_concurrent_write() {
    for (status, body) in [
        (412, "<Error><Code>PreconditionFailed</Code></Error>"),
        (409, "<Error><Code>ConditionalRequestConflict</Code></Error>"),
        (404, "<Error><Code>NoSuchKey</Code></Error>"),
    ] {
        let rules = Rules {
            s3: vec![pending_created(), pending_changed(status, body)],
            executions: vec![timer_exists()],
            organizations: root_with("Workloads").to_vec(),
            ..Rules::default()
        };
        rules.run(event("Create", &properties())).await.has_no_response();
    }
}

#[tokio::test]
async fn transient_errors_are_retried_others_reported() {
    let rules = |code| Rules {
        s3: vec![pending_create_error(code)],
        organizations: root_with("Workloads").to_vec(),
        ..Rules::default()
    };
    rules("SlowDown").run(event("Create", &properties())).await.is_retried("Throttled");
    let mut denied = rules("AccessDenied");
    denied.s3.push(pending_removed());
    let invocation = denied.run(event("Create", &properties())).await;
    assert!(
        invocation.not_created().starts_with("AccessDenied: could not store the pending response"),
        "{}",
        invocation.not_created()
    );

    let rules = Rules {
        s3: vec![pending_created()],
        executions: vec![start_error("ThrottlingException")],
        organizations: root_with("Workloads").to_vec(),
        ..Rules::default()
    };
    rules.run(event("Create", &properties())).await.is_retried("Throttled");
}

#[tokio::test]
async fn response_rejected_by_s3_is_retried() {
    let s3 = vec![claim_exists(1), listed(&[1]), got(&vended(1)), abandoned(None)];
    let rules = Rules { accounts: owned_by(STACK, &[]), ..started_creation(s3, vec![], vec![active()]) };
    let invocation = rules.run_with_status(503, event("Create", &properties())).await;
    assert_eq!(invocation.error.as_deref(), Some("ServiceUnavailable"));
}

#[test]
fn request_id_is_valid() {
    assert!(id(1).parse::<RequestId>().is_ok());
}
