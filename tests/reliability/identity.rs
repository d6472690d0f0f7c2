//! What the functions may do, and what they may not, as IAM would decide it.
//!
//! Needs `cargo xtask up --strict --evaluate-iam`. The first test judges what the proxy has seen so far, so it comes
//! after the suites that it is about.

use std::collections::BTreeSet;

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use local_cloud::{Caller, Cloud, email, key_of, request};
use serde_json::{Value, json};

use crate::client::vend;

/// What no call of a function shows: Lambda itself keeps logs and traces and sends failed events to the dead-letter
/// queue, and S3 says that an object is missing only to those who may list. moto lists an assignment while it is being
/// made, so that nobody has to ask for it by its request.
const SEEN_OTHERWISE: [&str; 5] =
    ["logs:*", "s3:ListBucket", "sqs:SendMessage", "sso:DescribeAccountAssignmentCreationStatus", "xray:*"];

#[tokio::test]
async fn no_function_may_do_more_than_it_was_seen_to_do() {
    let cloud = Cloud::connect();
    let seen = cloud.strict.roles().await.unwrap();
    let mut too_much = Vec::new();
    for (function, role) in cloud.functions().await {
        let usage = seen.iter().find(|usage| usage.role_arn == role);
        let usage = usage.unwrap_or_else(|| panic!("{function} was not seen"));
        let unused = usage.unused.iter().filter(|action| !is_seen_otherwise(action));
        too_much.extend(unused.map(|action| format!("{function}: {action}")));
    }
    assert!(too_much.is_empty(), "{too_much:#?}");
}

fn is_seen_otherwise(action: &str) -> bool {
    SEEN_OTHERWISE.iter().any(|seen| match seen.strip_suffix('*') {
        Some(service) => action.starts_with(service),
        None => action == *seen,
    })
}

/// The code of the error of a call that must be refused.
macro_rules! refused {
    ($call:expr) => {
        $call.send().await.expect_err("IAM must refuse it").code().unwrap_or("no code").to_owned()
    };
}

#[tokio::test]
async fn what_is_a_neighbours_is_refused() {
    let cloud = Cloud::connect();
    let vended = vend(&Caller::root(&cloud), &request("identity")).await;
    let id = vended.outcome["account"]["id"].as_str().unwrap();
    let role = |path: &str| format!("arn:aws:iam::{id}:role/{path}");

    // Only bootstrap-role comes in as an administrator, and by no other role.
    let assume = |config| {
        let sts = aws_sdk_sts::Client::new(&config);
        move |role: String| sts.assume_role().role_arn(role).role_session_name("test")
    };
    let bootstrap = assume(cloud.as_function("bootstrap-role").await);
    assert_eq!(refused!(bootstrap(role("account-vending/access/Engineer"))), "AccessDenied");
    let config = assume(cloud.as_function("enable-config").await);
    assert_eq!(refused!(config(role("OrganizationAccountAccessRole"))), "AccessDenied");
    let mover = assume(cloud.as_function("move-account").await);
    assert_eq!(refused!(mover(role("account-vending/AccountVending"))), "AccessDenied");

    // Only move-account moves, and it does nothing else to an account.
    let organizations = aws_sdk_organizations::Client::new(&cloud.as_function("check-account-creation").await);
    let moving = organizations.move_account().account_id(id).source_parent_id("r-aaaa").destination_parent_id("r-aaaa");
    assert_eq!(refused!(moving), "AccessDeniedException");
    let organizations = aws_sdk_organizations::Client::new(&cloud.as_function("move-account").await);
    assert_eq!(refused!(organizations.close_account().account_id(id)), "AccessDeniedException");
    assert_eq!(refused!(organizations.remove_account_from_organization().account_id(id)), "AccessDeniedException");

    // The API starts vends and no other state machine.
    let executions = aws_sdk_sfn::Client::new(&cloud.as_function("accounts-api").await);
    let other = cloud.text("vendAccountStateMachineArn").replace("-vend-account", "-answer-stack");
    assert_eq!(refused!(executions.start_execution().state_machine_arn(other)), "AccessDeniedException");
    // validate-request reads OUs, and no records.
    let s3 = aws_sdk_s3::Client::new(&cloud.as_function("validate-request").await);
    let object = format!("requests/{}/1.json", key_of(&email("identity")));
    let get = s3.get_object().bucket(cloud.records_bucket().await).key(object);
    assert_eq!(refused!(get), "AccessDenied");
}

#[tokio::test]
async fn a_step_in_an_account_may_do_only_what_its_session_allows() {
    let cloud = Cloud::connect();
    let before = cloud.strict.last_sequence().await.unwrap();
    let vended = vend(&Caller::root(&cloud), &request("session")).await;
    let id = vended.outcome["account"]["id"].as_str().unwrap();
    let calls = cloud.strict.calls_since(before).await.unwrap();
    let mut narrowed = BTreeSet::new();
    for call in calls.iter().filter(|call| call.operation == "AssumeRole" && call.status == Some(200)) {
        let function = call.function.as_deref().unwrap().trim_start_matches("account-vending-");
        if call.parameters["RoleArn"].as_str().unwrap().contains(id) && narrowed.insert(function) {
            try_session(&cloud, function, &call.parameters).await;
        }
    }
    assert_eq!(narrowed, BTreeSet::from(STEPS_IN_THE_ACCOUNT));
}

const STEPS_IN_THE_ACCOUNT: [&str; 8] = [
    "bootstrap-role",
    "enable-config",
    "grant-access",
    "harden-account",
    "harden-compute",
    "request-quotas",
    "retire-bootstrap",
    "trust-github",
];

/// A session as the step takes it: it looks at roles only where its step needs that, and makes no user, deletes no role
/// of ours and stops no recorder.
async fn try_session(cloud: &Cloud, function: &str, parameters: &Value) {
    let policy: Value = serde_json::from_str(parameters["Policy"].as_str().unwrap()).unwrap();
    assert_ne!(policy["Statement"], json!(null), "{function}");
    let sts = aws_sdk_sts::Client::new(&cloud.as_function(function).await);
    let assume = sts.assume_role().role_arn(parameters["RoleArn"].as_str().unwrap()).role_session_name("test");
    let given = assume.policy(policy.to_string()).send().await.unwrap().credentials.unwrap();
    let credentials =
        Credentials::new(given.access_key_id, given.secret_access_key, Some(given.session_token), None, "session");
    let mut config = cloud.through_strict().to_builder();
    config.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
    let config = config.build();
    let iam = aws_sdk_iam::Client::new(&config);
    let looks_at_roles = policy.to_string().contains("\"iam:GetRole\"");
    let looked = iam.get_role().role_name("AccountVending").send().await;
    assert_eq!(looked.is_ok(), looks_at_roles, "{function}: {looked:?}");
    assert_eq!(refused!(iam.create_user().user_name("eve")), "AccessDenied", "{function}");
    assert_eq!(refused!(iam.delete_role().role_name("AccountVending")), "AccessDenied", "{function}");
    let recorder = aws_sdk_config::Client::new(&config).stop_configuration_recorder();
    assert_eq!(refused!(recorder.configuration_recorder_name("default")), "AccessDeniedException", "{function}");
}
