use aws_config::BehaviorVersion;
use aws_sdk_account::config::retry::RetryConfig;
use aws_sdk_account::operation::get_alternate_contact::GetAlternateContactOutput;
use aws_sdk_account::operation::put_alternate_contact::PutAlternateContactOutput;
use aws_sdk_account::types::{AlternateContact, AlternateContactType};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use time::Duration;
use vending_core::{Contact, ErrorCode, samples};

use super::*;
use crate::wanted::Source;

const ACCOUNT: &str = "111111111111";
const NAME: &str = "Ada Lovelace";

fn person(title: &str) -> Contact {
    format!("{NAME}, {title}, {title}@example.com, +44 20 7946 0000").parse().unwrap()
}

/// A stack with contacts of its own for security and billing.
fn step() -> SetContacts {
    let defaults = Contacts { security: Some(person("soc")), billing: Some(person("finance")), operations: None };
    SetContacts { client: mock_client!(aws_sdk_account, RuleMode::Sequential, [&none("SECURITY")]), defaults }
}

fn input(age: Duration, contacts: &Value) -> BaselineInput {
    let mut input = samples::baseline_input(age);
    input.request.contacts = serde_json::from_value(contacts.clone()).unwrap();
    input
}

fn of_type(name: &str) -> AlternateContactType {
    AlternateContactType::from(name)
}

fn found(name: &'static str, contact: Contact) -> Rule {
    mock!(Client::get_alternate_contact)
        .match_requests(move |request| {
            request.account_id() == Some(ACCOUNT) && request.alternate_contact_type() == Some(&of_type(name))
        })
        .then_output(move || {
            let Contact { name, title, email, phone } = contact.clone();
            let contact = AlternateContact::builder().name(name).title(title).email_address(email).phone_number(phone);
            GetAlternateContactOutput::builder().alternate_contact(contact.build()).build()
        })
}

fn refusal(code: &str, status: u16, body: &str) -> Response {
    let mut response = Response::new(status.try_into().unwrap(), SdkBody::from(body));
    response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    response
}

fn none(name: &'static str) -> Rule {
    mock!(Client::get_alternate_contact)
        .match_requests(move |request| request.alternate_contact_type() == Some(&of_type(name)))
        .then_http_response(|| refusal("ResourceNotFoundException", 404, r#"{"message":"no"}"#))
}

fn look_refused(code: &'static str, status: u16) -> Rule {
    mock!(Client::get_alternate_contact)
        .then_http_response(move || refusal(code, status, r#"{"message":"AWS says so"}"#))
}

fn set(name: &'static str, contact: Contact) -> Rule {
    mock!(Client::put_alternate_contact)
        .match_requests(move |request| {
            request.account_id() == Some(ACCOUNT)
                && request.alternate_contact_type() == Some(&of_type(name))
                && request.name() == Some(&contact.name)
                && request.title() == Some(&contact.title)
                && request.email_address() == Some(&contact.email)
                && request.phone_number() == Some(&contact.phone)
        })
        .then_output(|| PutAlternateContactOutput::builder().build())
}

fn set_refused(code: &'static str, status: u16, body: &'static str) -> Rule {
    mock!(Client::put_alternate_contact).then_http_response(move || refusal(code, status, body))
}

/// Every rule is called once, in order, and nothing else is called.
async fn converge(
    input: &BaselineInput,
    changes: Changes,
    rules: &[Rule],
) -> Result<(Converged, Vec<String>), StepError> {
    // A rule answers once: the SDK's own retries would find none.
    let once = RetryConfig::disabled();
    let client = mock_client!(aws_sdk_account, RuleMode::Sequential, rules, |config| config.retry_config(once.clone()));
    let converged = step().converge(&client, input, &changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    Ok((converged?, changes.into_list()))
}

async fn made(contacts: &Value, rules: &[Rule]) -> Vec<String> {
    converge(&input(Duration::ZERO, contacts), Changes::to_make(), rules).await.unwrap().1
}

async fn refused(age: Duration, contacts: &Value, rules: &[Rule]) -> StepError {
    converge(&input(age, contacts), Changes::to_make(), rules).await.unwrap_err()
}

#[tokio::test]
async fn a_fresh_account_gets_the_contacts_of_its_request_and_else_of_the_stack() {
    let asked = json!({ "security": person("own"), "operations": person("operator") });
    let rules = [
        none("SECURITY"),
        set("SECURITY", person("own")),
        none("BILLING"),
        set("BILLING", person("finance")),
        none("OPERATIONS"),
        set("OPERATIONS", person("operator")),
    ];
    let made = made(&asked, &rules).await;
    assert_eq!(made, ["set the security contact", "set the billing contact", "set the operations contact"]);
}

#[tokio::test]
async fn contacts_that_are_set_are_only_read_and_a_type_that_nobody_named_not_even_that() {
    let rules = [found("SECURITY", person("soc")), found("BILLING", person("finance"))];
    let (converged, made) = converge(&input(Duration::ZERO, &json!({})), Changes::to_make(), &rules).await.unwrap();
    assert!(made.is_empty());
    assert_eq!(converged, Converged::new("the contacts are set: security, billing"));
}

#[tokio::test]
async fn what_aws_may_write_in_another_way_is_the_same() {
    let mut theirs = person("soc");
    theirs.email = " SOC@example.com".to_owned();
    theirs.phone = " +44 20 7946 0000 ".to_owned();
    assert!(made(&json!({}), &[found("SECURITY", theirs), found("BILLING", person("finance"))]).await.is_empty());
}

#[tokio::test]
async fn each_field_alone_that_differs_is_put_right() {
    let edits: [fn(&mut Contact); 4] = [
        |contact| contact.name = "Somebody Else".to_owned(),
        |contact| contact.title = "Guest".to_owned(),
        |contact| contact.email = "elsewhere@example.com".to_owned(),
        |contact| contact.phone = "110".to_owned(),
    ];
    for edit in edits {
        let mut theirs = person("finance");
        edit(&mut theirs);
        let rules = [found("SECURITY", person("soc")), found("BILLING", theirs), set("BILLING", person("finance"))];
        assert_eq!(made(&json!({}), &rules).await, ["set the billing contact"]);
    }
}

#[tokio::test]
async fn a_look_alone_lists_and_changes_nothing() {
    let rules = [none("SECURITY"), found("BILLING", person("soc"))];
    let (_, listed) = converge(&input(Duration::ZERO, &json!({})), Changes::to_list(), &rules).await.unwrap();
    assert_eq!(listed, ["set the security contact", "set the billing contact"]);
}

#[tokio::test]
async fn a_denial_is_final_when_the_account_has_settled_and_names_trusted_access() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
        let looking = vec![look_refused("AccessDeniedException", 403)];
        let setting = vec![none("SECURITY"), set_refused("AccessDeniedException", 403, r#"{"message":"no"}"#)];
        for rules in [looking, setting] {
            let error = refused(age, &json!({}), &rules).await;
            assert_eq!(error.code(), expected);
            let command = "aws organizations enable-aws-service-access --service-principal account.amazonaws.com";
            assert!(error.remedy().contains(command), "{}", error.remedy());
        }
    }
}

#[tokio::test]
async fn without_trusted_access_a_denial_is_final_at_once() {
    const BODY: &str = r#"{"message":"not authorized (Your organization must first enable trusted access with AWS Account Management.)"}"#;
    let look = mock!(Client::get_alternate_contact).then_http_response(|| refusal("AccessDeniedException", 403, BODY));
    let setting = vec![none("SECURITY"), set_refused("AccessDeniedException", 403, BODY)];
    for rules in [vec![look], setting] {
        let error = refused(Duration::ZERO, &json!({}), &rules).await;
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.remedy().contains("--service-principal account.amazonaws.com"), "{}", error.remedy());
    }
}

#[tokio::test]
async fn what_may_heal_is_retried() {
    for (code, status, expected) in [
        ("TooManyRequestsException", 429, ErrorCode::Throttled),
        ("InternalServerException", 500, ErrorCode::ServiceUnavailable),
    ] {
        let error = refused(Duration::DAY, &json!({}), &[look_refused(code, status)]).await;
        assert_eq!(error.code(), expected);
        let setting = [none("SECURITY"), set_refused(code, status, "{}")];
        assert_eq!(refused(Duration::DAY, &json!({}), &setting).await.code(), expected);
    }
}

#[tokio::test]
async fn a_refused_contact_is_corrected_where_it_came_from_and_its_fields_are_named_alone() {
    let body = r#"{
        "message": "Ada Lovelace is wrong",
        "reason": "fieldValidationFailed",
        "fieldList": [{ "name": "phoneNumber", "message": "+44 20 7946 0000 is wrong" }]
    }"#;
    for (contacts, code, remedy) in [
        (json!({ "security": person("own") }), ErrorCode::InvalidRequest, "contacts.security of the request"),
        (json!({}), ErrorCode::InvalidConfiguration, "SECURITY_CONTACT of the stack"),
    ] {
        let rules = [none("SECURITY"), set_refused("ValidationException", 400, body)];
        let error = refused(Duration::ZERO, &contacts, &rules).await;
        assert_eq!(error.code(), code);
        assert_eq!(error.to_string(), "could not set the security contact: AWS refuses fields of it (phoneNumber)");
        assert!(error.remedy().contains(remedy), "{}", error.remedy());
    }
}

#[test]
fn the_request_goes_before_the_stack() {
    let asked: Contacts = serde_json::from_value(json!({ "billing": person("own") })).unwrap();
    let step = step();
    let wanted = wanted(&asked, &step.defaults);
    let sources: Vec<_> = wanted.iter().map(|wanted| (wanted.name, wanted.source)).collect();
    assert_eq!(sources, [("security", Source::Stack("SECURITY_CONTACT")), ("billing", Source::Request)]);
}

#[test]
fn without_any_contact_there_is_nothing_to_do() {
    let mut step = step();
    assert_eq!(step.skip(&input(Duration::ZERO, &json!({}))), None);
    step.defaults = Contacts::default();
    let why = step.skip(&input(Duration::ZERO, &json!({}))).unwrap();
    assert_eq!(why, "no contacts are asked for, and the stack has none of its own");
    assert_eq!(step.skip(&input(Duration::ZERO, &json!({ "billing": person("own") }))), None);
}

type Variables = fn(&str) -> Option<String>;

#[test]
fn settings_are_checked_at_the_start_and_not_repeated() {
    let start = |variables: Variables| {
        let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        SetContacts::new(&config, &Environment::of(variables)).map_err(|error| error.to_string())
    };
    assert!(start(|_| None).unwrap().defaults.is_empty());
    let given = start(|name| (name == "BILLING_CONTACT").then(|| format!("{NAME}, CFO, cfo@example.com, 1"))).unwrap();
    assert_eq!(given.defaults.billing.unwrap().title, "CFO");
    let wrong: [(&str, Variables); 3] = [
        ("SECURITY_CONTACT", |name| (name == "SECURITY_CONTACT").then(|| NAME.to_owned())),
        ("BILLING_CONTACT", |name| (name == "BILLING_CONTACT").then(|| NAME.to_owned())),
        ("OPERATIONS_CONTACT", |name| (name == "OPERATIONS_CONTACT").then(|| NAME.to_owned())),
    ];
    for (name, variables) in wrong {
        let error = start(variables).unwrap_err();
        assert!(error.starts_with(&format!("environment variable {name} is wrong: must be a name")), "{error}");
        assert!(!error.contains(NAME), "{error}");
    }
}
