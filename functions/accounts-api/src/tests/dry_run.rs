use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_aws_service_access_for_organization::ListAwsServiceAccessForOrganizationOutput;
use aws_sdk_organizations::types::{Account as AwsAccount, EnabledServicePrincipal};
use aws_sdk_servicequotas::operation::get_service_quota::{GetServiceQuotaError, GetServiceQuotaOutput};
use aws_sdk_servicequotas::types::ServiceQuota;
use aws_smithy_mocks::mock;

use super::aws::*;
use super::*;

fn accounts(email: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_accounts).then_output(move || {
        let account = AwsAccount::builder().id("333333333333").email(email).build();
        ListAccountsOutput::builder().accounts(account).build()
    })
}

fn quota(value: f64) -> Rule {
    mock!(aws_sdk_servicequotas::Client::get_service_quota)
        .match_requests(|get| get.service_code() == Some("organizations"))
        .then_output(move || {
            GetServiceQuotaOutput::builder().quota(ServiceQuota::builder().value(value).build()).build()
        })
}

/// The services that have trusted access.
fn trusted(service: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_aws_service_access_for_organization).then_output(move || {
        let service = EnabledServicePrincipal::builder().service_principal(service).build();
        ListAwsServiceAccessForOrganizationOutput::builder().enabled_service_principals(service).build()
    })
}

fn account_management() -> Rule {
    trusted("account.amazonaws.com")
}

async fn dry_run(rules: &Rules<'_>) -> Value {
    let mut event = post_event(JANE, &body());
    event["queryStringParameters"] = json!({ "dryRun": "true" });
    let (status, answer) = call(&api(rules), event).await;
    assert_eq!((status, &answer["body"]["dryRun"]), (200, &true.into()), "{answer}");
    answer["body"].clone()
}

#[tokio::test]
async fn a_dry_run_claims_and_starts_nothing() {
    let (none, others, quota) = (listed(&[]), accounts("other@example.com"), quota(10.0));
    let rules =
        Rules { s3: &[&none], organizations: &[&others, &account_management()], quotas: &[&quota], ..Rules::default() };
    let shown = dry_run(&rules).await;
    assert_eq!((&shown["action"], &shown["requestId"]), (&"VEND".into(), &id(1).into()));
    assert_eq!(shown["request"]["accountEmail"], "aws+payments-dev@example.com");
    assert_eq!((&shown["accountQuota"], &shown["obstacles"]), (&json!({ "limit": 10, "accounts": 1 }), &json!([])));
}

#[tokio::test]
async fn everything_that_stands_in_the_way_is_named() {
    let (none, taken, quota) = (listed(&[]), accounts("AWS+payments-dev@example.com"), quota(1.0));
    let rules =
        Rules { s3: &[&none], organizations: &[&taken, &account_management()], quotas: &[&quota], ..Rules::default() };
    let shown = dry_run(&rules).await;
    let obstacles = shown["obstacles"].as_array().unwrap();
    let codes: Vec<&Value> = obstacles.iter().map(|obstacle| &obstacle["code"]).collect();
    assert_eq!(codes, ["EmailAlreadyExists", "AccountLimitExceeded"]);
    assert!(obstacles[0]["detail"].as_str().unwrap().contains("333333333333"));
    assert_eq!(obstacles[1]["owner"], "platform");
}

#[tokio::test]
async fn a_quota_that_aws_does_not_tell_is_not_guessed() {
    let untold = mock!(aws_sdk_servicequotas::Client::get_service_quota)
        .then_error(|| GetServiceQuotaError::generic(meta("NoSuchResourceException")));
    let (none, others) = (listed(&[]), accounts("other@example.com"));
    let rules = Rules {
        s3: &[&none],
        organizations: &[&others, &account_management()],
        quotas: &[&untold],
        ..Rules::default()
    };
    assert_eq!(dry_run(&rules).await["accountQuota"], Value::Null);
}

#[tokio::test]
async fn trusted_access_that_is_missing_stands_in_the_way() {
    let (none, others, quota) = (listed(&[]), accounts("other@example.com"), quota(10.0));
    let (elsewhere, s3) = (trusted("cloudtrail.amazonaws.com"), [&none]);
    let organizations = [&others, &elsewhere];
    let rules = Rules { s3: &s3, organizations: &organizations, quotas: &[&quota], ..Rules::default() };
    let shown = dry_run(&rules).await;
    assert_eq!(shown["obstacles"].as_array().unwrap().len(), 1, "{shown}");
    let remedy = shown["obstacles"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("enable-aws-service-access --service-principal account.amazonaws.com"), "{remedy}");
}

#[tokio::test]
async fn what_was_asked_for_before_is_told() {
    let (listed, got) = (listed(&[1]), got(&vended(1)));
    let rules = Rules { s3: &[&listed, &got], ..Rules::default() };
    assert_eq!(dry_run(&rules).await["action"], "SHOW");
}

#[tokio::test]
async fn another_value_than_true_or_false_is_refused() {
    let mut event = post_event(JANE, &body());
    event["queryStringParameters"] = json!({ "dryRun": "yes" });
    let (status, answer) = call(&api(&Rules::default()), event).await;
    assert_eq!((status, pointers(&answer)), (400, vec!["?dryRun"]));
}

#[tokio::test]
async fn where_there_is_no_dry_run_nothing_is_done_for_it() {
    let key = key().to_string();
    let mut change = event("PUT", Some(&key), Some(JANE));
    let mut adoption = post_event(OPERATOR, &json!({ "accountId": "222222222222" }));
    adoption["resource"] = "/accounts/adopt".into();
    for event in [&mut change, &mut adoption] {
        event["queryStringParameters"] = json!({ "dryRun": "true" });
        let (status, answer) = call(&api(&Rules::default()), event.clone()).await;
        assert_eq!((status, pointers(&answer)), (400, vec!["?dryRun"]));
    }
}
