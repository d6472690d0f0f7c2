//! The permissions of the functions, as IAM would evaluate them.
//!
//! Needs `cargo xtask up --strict --evaluate-iam`. The first test evaluates the calls that the proxy has recorded, so
//! it has to run after the workflow tests.

use std::collections::BTreeSet;
use std::path::Path;

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cloud::{Caller, Cloud, email, key_of, request, unique};
use serde_json::{Value, json};
use strum::IntoEnumIterator;
use vending_core::StepName;

use crate::client::vend;

/// Permissions that no recorded call uses. Lambda itself writes logs and traces and sends failed events to the
/// dead-letter queue. S3 responds that an object does not exist only to callers that can list the bucket. moto lists an
/// assignment while it is created, so grant-access never polls the status of its creation.
const USED_WITHOUT_CALLS: [&str; 5] =
    ["logs:*", "s3:ListBucket", "sqs:SendMessage", "sso:DescribeAccountAssignmentCreationStatus", "xray:*"];

/// What create-organization needs in an account without an organization, or with a small quota of accounts. The local
/// cloud has an organization with all features, and a large quota.
const USED_BY_NEW_ORGANIZATIONS: [&str; 6] = [
    "iam:CreateServiceLinkedRole",
    "organizations:AcceptHandshake",
    "organizations:CreateOrganization",
    "organizations:EnableAllFeatures",
    "organizations:ListAccounts",
    "organizations:ListHandshakesForOrganization",
];

#[tokio::test]
async fn no_role_has_unused_permissions() {
    let cloud = Cloud::connect();
    let recorded = cloud.strict.roles().await.unwrap();
    let mut unused_permissions = Vec::new();
    for (function, role) in cloud.functions().await {
        let usage = recorded.iter().find(|usage| usage.role_arn == role);
        let usage = usage.unwrap_or_else(|| panic!("no call of {function} was recorded"));
        let creates_organization =
            |action: &str| function.ends_with("create-organization") && USED_BY_NEW_ORGANIZATIONS.contains(&action);
        let unused =
            usage.unused.iter().filter(|action| !is_used_without_calls(action) && !creates_organization(action));
        unused_permissions.extend(unused.map(|action| format!("{function}: {action}")));
    }
    assert!(unused_permissions.is_empty(), "{unused_permissions:#?}");
}

fn is_used_without_calls(action: &str) -> bool {
    USED_WITHOUT_CALLS.iter().any(|seen| match seen.strip_suffix('*') {
        Some(service) => action.starts_with(service),
        None => action == *seen,
    })
}

/// The error code of a call that IAM must deny.
macro_rules! denied {
    ($call:expr) => {
        $call.send().await.expect_err("IAM must deny the call").code().unwrap_or("no code").to_owned()
    };
}

#[tokio::test]
async fn functions_lack_permissions_of_other_functions() {
    let cloud = Cloud::connect();
    let vended = vend(&Caller::root(&cloud), &request("identity")).await;
    let id = vended.outcome["account"]["id"].as_str().unwrap();
    let role = |path: &str| format!("arn:aws:iam::{id}:role/{path}");

    // Only bootstrap-role can assume the organization access role, and it can assume no other role.
    let assume = |config| {
        let sts = aws_sdk_sts::Client::new(&config);
        move |role: String| sts.assume_role().role_arn(role).role_session_name("test")
    };
    let bootstrap = assume(cloud.as_function("bootstrap-role").await);
    assert_eq!(denied!(bootstrap(role("account-vending/access/Engineer"))), "AccessDenied");
    let config = assume(cloud.as_function("enable-config").await);
    assert_eq!(denied!(config(role("OrganizationAccountAccessRole"))), "AccessDenied");
    let mover = assume(cloud.as_function("move-account").await);
    assert_eq!(denied!(mover(role("account-vending/AccountVending"))), "AccessDenied");

    // Only move-account can move accounts, and it can do nothing else to an account.
    let organizations = aws_sdk_organizations::Client::new(&cloud.as_function("check-account-creation").await);
    let moving = organizations.move_account().account_id(id).source_parent_id("r-aaaa").destination_parent_id("r-aaaa");
    assert_eq!(denied!(moving), "AccessDeniedException");
    let organizations = aws_sdk_organizations::Client::new(&cloud.as_function("move-account").await);
    assert_eq!(denied!(organizations.close_account().account_id(id)), "AccessDeniedException");
    assert_eq!(denied!(organizations.remove_account_from_organization().account_id(id)), "AccessDeniedException");

    // The API can start vend-account and no other state machine.
    let executions = aws_sdk_sfn::Client::new(&cloud.as_function("accounts-api").await);
    let other = cloud.stack.vend_account_state_machine_arn.replace("-vend-account", "-cfn-response-timeout");
    assert_eq!(denied!(executions.start_execution().state_machine_arn(other)), "AccessDeniedException");
    // Only validate-request writes validated requests, and no step that grants access writes account records.
    let bucket = cloud.records_bucket().await;
    let validated = format!("validated/{}/1.json", key_of(&email("identity")));
    for (function, object) in [
        ("accounts-api", "settings.json"),
        ("validate-request", "settings.json"),
        ("organization-api", "settings.json"),
        ("organization-api", "organization/plans/20261130t140102z-0a1b2c3d/write-settings.json"),
        ("write-settings", "organization/plans/20261130t140102z-0a1b2c3d/plan.json"),
        ("accounts-api", validated.as_str()),
        ("create-account", &validated),
        ("grant-access", &validated),
        ("grant-access", &format!("accounts/{id}.json")),
        ("move-account", &format!("accounts/{id}.json")),
    ] {
        let s3 = aws_sdk_s3::Client::new(&cloud.as_function(function).await);
        assert_eq!(denied!(s3.put_object().bucket(&bucket).key(object)), "AccessDenied", "{function} {object}");
    }
}

/// An IAM user that its own policy allows everything.
async fn administrator(cloud: &Cloud) -> aws_config::SdkConfig {
    let iam = aws_sdk_iam::Client::new(&cloud.platform);
    let name = unique("administrator");
    iam.create_user().user_name(&name).send().await.unwrap();
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    iam.put_user_policy().user_name(&name).policy_name("all").policy_document(policy).send().await.unwrap();
    let key = iam.create_access_key().user_name(&name).send().await.unwrap().access_key.unwrap();
    let credentials = Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test");
    let builder = cloud.platform.to_builder();
    builder.credentials_provider(SharedCredentialsProvider::new(credentials)).build()
}

/// The policy of the bucket denies it.
#[tokio::test]
async fn administrators_cannot_change_the_settings() {
    let cloud = Cloud::connect();
    let s3 = aws_sdk_s3::Client::new(&administrator(&cloud).await);
    let bucket = cloud.records_bucket().await;
    s3.list_objects_v2().bucket(&bucket).send().await.unwrap();
    for object in ["settings.json", "organization/plans/20261130t140102z-0a1b2c3d/plan.json"] {
        assert_eq!(denied!(s3.put_object().bucket(&bucket).key(object)), "AccessDenied", "{object}");
        assert_eq!(denied!(s3.delete_object().bucket(&bucket).key(object)), "AccessDenied", "{object}");
    }
}

#[tokio::test]
async fn sessions_are_limited_to_their_policy() {
    let cloud = Cloud::connect();
    let before = cloud.strict.last_sequence().await.unwrap();
    let vended = vend(&Caller::root(&cloud), &request("session")).await;
    let id = vended.outcome["account"]["id"].as_str().unwrap();
    let calls = cloud.strict.calls_since(before).await.unwrap();
    let mut functions = BTreeSet::new();
    for call in calls.iter().filter(|call| call.operation == "AssumeRole" && call.status == Some(200)) {
        let function = call.function.as_deref().unwrap().trim_start_matches("account-vending-");
        if call.parameters["RoleArn"].as_str().unwrap().contains(id) && functions.insert(function) {
            check_session(&cloud, function, &call.parameters).await;
        }
    }
    assert_eq!(functions, steps_in_the_account());
}

/// The functions of the steps that open a session in a vended account: those with a session policy.
fn steps_in_the_account() -> BTreeSet<&'static str> {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let has_session_policy = |step: &StepName| {
        let folders = ["vend", "baseline", "access"].map(|stage| functions.join(stage).join(step.folder()));
        folders.iter().any(|folder| folder.join("session-policy.json").exists())
    };
    // The local stack has an organization trail, and the other step opens its session in the security account.
    let works_elsewhere =
        |step: &StepName| matches!(step, StepName::EnableCloudtrail | StepName::EnrollSecurityServices);
    let steps = StepName::iter().filter(|step| has_session_policy(step) && !works_elsewhere(step));
    steps.map(StepName::folder).collect()
}

/// Opens a session as the step does: it can read roles only if the step needs that, and it cannot create users, delete
/// the vending role, or stop a recorder.
async fn check_session(cloud: &Cloud, function: &str, parameters: &Value) {
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
    let reads_roles = policy.to_string().contains("\"iam:GetRole\"");
    let read = iam.get_role().role_name("AccountVending").send().await;
    assert_eq!(read.is_ok(), reads_roles, "{function}: {read:?}");
    assert_eq!(denied!(iam.create_user().user_name("eve")), "AccessDenied", "{function}");
    assert_eq!(denied!(iam.delete_role().role_name("AccountVending")), "AccessDenied", "{function}");
    let recorder = aws_sdk_config::Client::new(&config).stop_configuration_recorder();
    assert_eq!(denied!(recorder.configuration_recorder_name("default")), "AccessDeniedException", "{function}");
}
