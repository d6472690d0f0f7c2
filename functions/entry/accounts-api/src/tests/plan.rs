use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_aws_service_access_for_organization::ListAwsServiceAccessForOrganizationOutput;
use aws_sdk_organizations::types::{Account as AwsAccount, EnabledServicePrincipal};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_servicequotas::operation::list_service_quotas::{ListServiceQuotasError, ListServiceQuotasOutput};
use aws_sdk_servicequotas::types::ServiceQuota;
use aws_sdk_sfn::types::ExecutionStatus;
use aws_smithy_mocks::mock;
use vending_core::AccountState;

use crate::plan::MAXIMUM_REQUESTS;

use super::aws::*;
use super::*;

fn accounts(email: &'static str) -> Rule {
    mock!(aws_sdk_organizations::Client::list_accounts).then_output(move || {
        let account = AwsAccount::builder().id("333333333333").email(email).build();
        ListAccountsOutput::builder().accounts(account).build()
    })
}

fn quota(value: f64) -> Rule {
    let quota = |name: &str, value| ServiceQuota::builder().quota_name(name).value(value).build();
    mock!(aws_sdk_servicequotas::Client::list_service_quotas)
        .match_requests(|list| list.service_code() == Some("organizations"))
        .then_output(move || {
            let others = quota("Service control policies per organization", 100_000.0);
            let quotas = ListServiceQuotasOutput::builder().quotas(others);
            quotas.quotas(quota("Default maximum number of accounts", value)).build()
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

/// Plans these requests. `rules` have the records in `s3`.
async fn plan(caller: &str, requests: &[Value], rules: &Rules<'_>) -> Value {
    let mut event = event("POST", "/accounts/plan", Some(caller));
    event["body"] = json!({ "requests": requests }).to_string().into();
    let (status, response) = call(&api(rules), event).await;
    assert_eq!(status, 200, "{response}");
    response["body"].clone()
}

/// Plans the only request of Jane, for an email without an earlier request.
async fn plan_new(organizations: &[Rule], quota: &Rule) -> Value {
    let none = listed(&[]);
    let organizations: Vec<&Rule> = organizations.iter().collect();
    let rules = Rules { s3: &[&none], organizations: &organizations, quotas: &[quota], ..Rules::default() };
    plan(JANE, &[body()], &rules).await
}

/// Plans one request after this one. AWS Organizations is not called.
async fn plan_after(last: &RequestRecord, caller: &str, body: &Value, executions: &[&Rule]) -> Value {
    let (listed, got) = (listed(&[1]), got(last));
    let rules = Rules { s3: &[&listed, &got], executions, ..Rules::default() };
    let shown = plan(caller, std::slice::from_ref(body), &rules).await;
    assert_eq!(shown["requests"][0]["basis"], id(1));
    shown["requests"][0].clone()
}

fn codes(blockers: &Value) -> Vec<&str> {
    blockers.as_array().unwrap().iter().map(|blocker| blocker["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn new_account_would_be_created() {
    let shown = plan_new(&[account_management(), accounts("other@example.com")], &quota(10.0)).await;
    let first = &shown["requests"][0];
    assert_eq!(
        (&first["action"], &first["requestId"], &first["basis"]),
        (&"CREATE".into(), &id(1).into(), &Value::Null)
    );
    assert_eq!(first["request"]["accountEmail"], "aws+payments-dev@example.com");
    assert_eq!((&first["changes"], &first["blockers"]), (&json!([]), &json!([])));
    assert_eq!((&shown["accountQuota"], &shown["blockers"]), (&json!({ "limit": 10, "accounts": 1 }), &json!([])));
}

#[tokio::test]
async fn all_blockers_are_listed() {
    let organizations = [trusted("cloudtrail.amazonaws.com"), accounts("AWS+payments-dev@example.com")];
    let shown = plan_new(&organizations, &quota(1.0)).await;
    let first = &shown["requests"][0];
    assert_eq!((codes(&first["blockers"]), &first["action"]), (vec!["EmailAlreadyExists"], &"CREATE".into()));
    assert!(first["blockers"][0]["detail"].as_str().unwrap().contains("333333333333"));
    assert_eq!(codes(&shown["blockers"]), ["AccessDenied", "AccountLimitExceeded"]);
    let remedy = shown["blockers"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("enable-aws-service-access --service-principal account.amazonaws.com"), "{remedy}");
    assert_eq!(shown["blockers"][1]["owner"], "platform");
}

#[tokio::test]
async fn unknown_quota_is_null() {
    let no_quota = mock!(aws_sdk_servicequotas::Client::list_service_quotas)
        .then_error(|| ListServiceQuotasError::generic(meta("NoSuchResourceException")));
    let shown = plan_new(&[account_management(), accounts("other@example.com")], &no_quota).await;
    assert_eq!(shown["accountQuota"], Value::Null);
}

#[tokio::test]
async fn action_follows_the_last_request() {
    let joe = JOE;
    for (last, caller, body, action) in [
        (vended(1), JANE, body(), "NONE"),
        (vended(1), JANE_AGAIN, other_body(), "CHANGE"),
        (vended(1), joe, body(), "REFUSE"),
        (vended(1), OPERATOR, other_body(), "CHANGE"),
        (failed(1, "AccessDenied", Some(account())), JANE, body(), "RESUME"),
        (failed(1, "AccessDenied", Some(account())), JANE, other_body(), "CHANGE"),
        (failed(1, "CreationStillInProgress", None), JANE, body(), "RESUME"),
        (failed(1, "CreationStillInProgress", None), joe, body(), "REFUSE"),
    ] {
        let shown = plan_after(&last, caller, &body, &[]).await;
        assert_eq!(shown["action"], action, "{caller} {shown}");
        assert_eq!(codes(&shown["blockers"]), if action == "REFUSE" { vec!["Conflict"] } else { vec![] });
    }
    for (body, blockers) in [(body(), vec![]), (other_body(), vec!["Conflict"])] {
        let running = execution(1, ExecutionStatus::Running);
        let shown = plan_after(&record(1), JANE, &body, &[&running]).await;
        assert_eq!((&shown["action"], codes(&shown["blockers"])), (&"WAIT".into(), blockers));
    }
}

#[tokio::test]
async fn change_has_both_values() {
    let shown = plan_after(&vended(1), JANE, &other_body(), &[]).await;
    assert_eq!(shown["changes"], json!([{ "pointer": "/reason", "from": "CHG-1", "to": "CHG-2" }]));
    assert_eq!((&shown["accountId"], &shown["requestId"]), (&"222222222222".into(), &id(2).into()));
}

#[tokio::test]
async fn recorded_state_refuses_a_request() {
    for (state, expected) in [(AccountState::Suspended, "is suspended"), (AccountState::Gone, "no longer in")] {
        let (listed, got) = (listed(&[1]), got(&vended(1)));
        let rules = Rules { s3: &[&listed, &got], ..Rules::default() };
        rules.accounts.put_account(&account_record(&vended(1)).with_state(state, OffsetDateTime::now_utc()));
        let shown = plan(JANE, &[body()], &rules).await;
        assert_eq!(shown["requests"][0]["action"], "REFUSE");
        assert!(shown["requests"][0]["blockers"][0]["detail"].as_str().unwrap().contains(expected), "{shown}");
    }
}

#[tokio::test]
async fn invalid_request_does_not_hide_the_others() {
    let mut wrong = body();
    wrong["color"] = "red".into();
    wrong["organizationalUnit"] = 7.into();
    let (last, none) = (vended(1), listed(&[]));
    let (listed, got) = (listed(&[1]), got(&last));
    let rules = Rules { s3: &[&listed, &got], ..Rules::default() };
    let shown = plan(JANE, &[json!([]), body()], &rules).await;
    assert_eq!((&shown["requests"][0]["action"], &shown["requests"][1]["action"]), (&"REFUSE".into(), &"NONE".into()));

    let rules = Rules { s3: &[&none], ..Rules::default() };
    let shown = plan(JANE, &[wrong], &rules).await;
    let first = &shown["requests"][0];
    assert_eq!((&first["action"], &first["request"]), (&"REFUSE".into(), &Value::Null));
    let pointers: Vec<&Value> =
        first["blockers"].as_array().unwrap().iter().map(|blocker| &blocker["pointer"]).collect();
    assert_eq!(pointers, ["/organizationalUnit", "/color"]);
}

#[tokio::test]
async fn second_request_for_an_email_is_refused() {
    let (first, second) = (vended(1), vended(1));
    let s3 = [listed(&[1]), listed(&[1]), got(&first), got(&second)];
    let rules = Rules { s3: &s3.each_ref(), ..Rules::default() };
    let shown = plan(JANE, &[body(), body()], &rules).await;
    assert_eq!((&shown["requests"][0]["action"], &shown["requests"][1]["action"]), (&"NONE".into(), &"REFUSE".into()));
    assert_eq!(shown["requests"][1]["blockers"][0]["pointer"], "/accountEmail");
}

/// The quota is for all new accounts together, and every OU and every check is read once.
#[tokio::test]
async fn calls_do_not_grow_with_the_list() {
    let bodies: Vec<Value> = (0..MAXIMUM_REQUESTS)
        .map(|number| json!({ "accountName": format!("team-{number}"), "organizationalUnit": "Sandbox" }))
        .collect();
    let s3: Vec<Rule> = bodies.iter().map(|_| no_attempts()).collect();
    let s3: Vec<&Rule> = s3.iter().collect();
    let organizations = [root(), unit("Sandbox"), account_management(), accounts("other@example.com")];
    let quota = quota(100.0);
    let rules = Rules { s3: &s3, organizations: &organizations.each_ref(), quotas: &[&quota], ..Rules::default() };
    let shown = plan(JANE, &bodies, &rules).await;
    assert!(shown["requests"].as_array().unwrap().iter().all(|plan| plan["action"] == "CREATE"));
    assert_eq!(codes(&shown["blockers"]), ["AccountLimitExceeded"]);
    assert!(organizations.iter().all(|rule| rule.num_calls() == 1));
}

fn no_attempts() -> Rule {
    mock!(aws_sdk_s3::Client::list_objects_v2).then_output(|| ListObjectsV2Output::builder().build())
}

#[tokio::test]
async fn missing_ou_is_refused() {
    let (none, organizations) = (listed(&[]), [root(), unit("Workloads")]);
    let rules = Rules { s3: &[&none], organizations: &organizations.each_ref(), ..Rules::default() };
    let mut misspelled = body();
    misspelled["organizationalUnit"] = "Workload".into();
    let shown = plan(JANE, &[misspelled], &rules).await;
    assert_eq!((&shown["requests"][0]["action"], &shown["accountQuota"]), (&"REFUSE".into(), &Value::Null));
    assert_eq!(shown["requests"][0]["blockers"][0]["pointer"], "/organizationalUnit");
}

#[tokio::test]
async fn invalid_list_is_rejected() {
    let too_many: Vec<Value> = (0..=MAXIMUM_REQUESTS).map(|_| body()).collect();
    for (body, pointer) in [
        (json!([]), ""),
        (json!({ "requests": [] }), "/requests"),
        (json!({ "requests": {} }), "/requests"),
        (json!({ "requests": too_many }), "/requests"),
        (json!({ "request": [] }), "/request"),
    ] {
        let mut event = event("POST", "/accounts/plan", Some(JANE));
        event["body"] = body.to_string().into();
        let (status, response) = call(&api(&Rules::default()), event).await;
        assert_eq!((status, pointers(&response)), (400, vec![pointer]));
    }
}
