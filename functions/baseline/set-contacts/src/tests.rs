use aws_sdk_account::config::retry::RetryConfig;
use aws_sdk_account::operation::get_alternate_contact::GetAlternateContactOutput;
use aws_sdk_account::operation::put_alternate_contact::PutAlternateContactOutput;
use aws_sdk_account::types::{AlternateContact, AlternateContactType};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use time::Duration;
use vending_core::{Contact, Contacts, ErrorCode, fixtures};

use super::*;
use crate::wanted::Source;

const ACCOUNT: &str = "111111111111";
const NAME: &str = "Ada Lovelace";

fn person(title: &str) -> Contact {
    let email = format!("{title}@example.com");
    Contact { name: NAME.to_owned(), title: title.to_owned(), email, phone: "+44 20 7946 0000".to_owned() }
}

fn step() -> SetContacts {
    SetContacts { client: mock_client!(aws_sdk_account, RuleMode::Sequential, [&none("SECURITY")]) }
}

/// The input with default contacts for security and billing.
fn input(age: Duration, contacts: &Value) -> BaselineInput {
    let mut input = fixtures::baseline_input(age);
    input.settings.contacts =
        Contacts { security: Some(person("soc")), billing: Some(person("finance")), operations: None };
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

fn error_response(code: &str, status: u16, body: &str) -> Response {
    let mut response = Response::new(status.try_into().unwrap(), SdkBody::from(body));
    response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    response
}

fn none(name: &'static str) -> Rule {
    mock!(Client::get_alternate_contact)
        .match_requests(move |request| request.alternate_contact_type() == Some(&of_type(name)))
        .then_http_response(|| error_response("ResourceNotFoundException", 404, r#"{"message":"no"}"#))
}

fn get_fails(code: &'static str, status: u16) -> Rule {
    mock!(Client::get_alternate_contact)
        .then_http_response(move || error_response(code, status, r#"{"message":"AWS says so"}"#))
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

fn put_fails(code: &'static str, status: u16, body: &'static str) -> Rule {
    mock!(Client::put_alternate_contact).then_http_response(move || error_response(code, status, body))
}

/// Converges. Asserts that each rule is called once.
async fn converge(
    input: &BaselineInput,
    changes: Changes,
    rules: &[Rule],
) -> Result<(Converged, Vec<String>), StepError> {
    // Each rule returns one response, so the retries of the SDK are off.
    let once = RetryConfig::disabled();
    let client = mock_client!(aws_sdk_account, RuleMode::Sequential, rules, |config| config.retry_config(once.clone()));
    let converged = step().converge(&client, input, &changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    Ok((converged?, changes.into_names()))
}

async fn made(contacts: &Value, rules: &[Rule]) -> Vec<String> {
    converge(&input(Duration::ZERO, contacts), Changes::apply(), rules).await.unwrap().1
}

async fn failure(age: Duration, contacts: &Value, rules: &[Rule]) -> StepError {
    converge(&input(age, contacts), Changes::apply(), rules).await.unwrap_err()
}

#[tokio::test]
async fn new_account_gets_contacts_of_request_or_stack() {
    let requested = json!({ "security": person("own"), "operations": person("operator") });
    let rules = [
        none("SECURITY"),
        set("SECURITY", person("own")),
        none("BILLING"),
        set("BILLING", person("finance")),
        none("OPERATIONS"),
        set("OPERATIONS", person("operator")),
    ];
    let made = made(&requested, &rules).await;
    assert_eq!(made, ["set the security contact", "set the billing contact", "set the operations contact"]);
}

#[tokio::test]
async fn configured_contacts_are_read_others_ignored() {
    let rules = [found("SECURITY", person("soc")), found("BILLING", person("finance"))];
    let (converged, made) = converge(&input(Duration::ZERO, &json!({})), Changes::apply(), &rules).await.unwrap();
    assert!(made.is_empty());
    assert_eq!(converged, Converged::new("the contacts are set: security, billing"));
}

#[tokio::test]
async fn case_and_spaces_are_ignored() {
    let mut existing = person("soc");
    existing.email = " SOC@example.com".to_owned();
    existing.phone = " +44 20 7946 0000 ".to_owned();
    assert!(made(&json!({}), &[found("SECURITY", existing), found("BILLING", person("finance"))]).await.is_empty());
}

#[tokio::test]
async fn each_differing_field_is_updated() {
    let edits: [fn(&mut Contact); 4] = [
        |contact| contact.name = "Another Person".to_owned(),
        |contact| contact.title = "Guest".to_owned(),
        |contact| contact.email = "elsewhere@example.com".to_owned(),
        |contact| contact.phone = "110".to_owned(),
    ];
    for edit in edits {
        let mut existing = person("finance");
        edit(&mut existing);
        let rules = [found("SECURITY", person("soc")), found("BILLING", existing), set("BILLING", person("finance"))];
        assert_eq!(made(&json!({}), &rules).await, ["set the billing contact"]);
    }
}

#[tokio::test]
async fn plan_lists_changes_and_makes_none() {
    let rules = [none("SECURITY"), found("BILLING", person("soc"))];
    let (_, listed) = converge(&input(Duration::ZERO, &json!({})), Changes::plan(), &rules).await.unwrap();
    assert_eq!(listed, ["set the security contact", "set the billing contact"]);
}

#[tokio::test]
async fn access_denied_is_retried_while_propagating() {
    for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
        let reading = vec![get_fails("AccessDeniedException", 403)];
        let setting = vec![none("SECURITY"), put_fails("AccessDeniedException", 403, r#"{"message":"no"}"#)];
        for rules in [reading, setting] {
            let error = failure(age, &json!({}), &rules).await;
            assert_eq!(error.code(), expected);
            let command = "aws organizations enable-aws-service-access --service-principal account.amazonaws.com";
            assert!(error.remedy().contains(command), "{}", error.remedy());
        }
    }
}

#[tokio::test]
async fn missing_trusted_access_is_permanent() {
    const BODY: &str = r#"{"message":"not authorized (Your organization must first enable trusted access with AWS Account Management.)"}"#;
    let get =
        mock!(Client::get_alternate_contact).then_http_response(|| error_response("AccessDeniedException", 403, BODY));
    let setting = vec![none("SECURITY"), put_fails("AccessDeniedException", 403, BODY)];
    for rules in [vec![get], setting] {
        let error = failure(Duration::ZERO, &json!({}), &rules).await;
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.remedy().contains("--service-principal account.amazonaws.com"), "{}", error.remedy());
    }
}

#[tokio::test]
async fn transient_errors_are_retried() {
    for (code, status, expected) in [
        ("TooManyRequestsException", 429, ErrorCode::Throttled),
        ("InternalServerException", 500, ErrorCode::ServiceUnavailable),
    ] {
        let error = failure(Duration::DAY, &json!({}), &[get_fails(code, status)]).await;
        assert_eq!(error.code(), expected);
        let setting = [none("SECURITY"), put_fails(code, status, "{}")];
        assert_eq!(failure(Duration::DAY, &json!({}), &setting).await.code(), expected);
    }
}

#[tokio::test]
async fn rejected_contact_error_names_only_fields() {
    let body = r#"{
        "message": "Ada Lovelace is wrong",
        "reason": "fieldValidationFailed",
        "fieldList": [{ "name": "phoneNumber", "message": "+44 20 7946 0000 is wrong" }]
    }"#;
    for (contacts, code, remedy) in [
        (json!({ "security": person("own") }), ErrorCode::InvalidRequest, "contacts.security in the request"),
        (json!({}), ErrorCode::InvalidConfiguration, "the security contact of the manifest"),
    ] {
        let rules = [none("SECURITY"), put_fails("ValidationException", 400, body)];
        let error = failure(Duration::ZERO, &contacts, &rules).await;
        assert_eq!(error.code(), code);
        assert_eq!(error.to_string(), "could not set the security contact: AWS rejected fields of it (phoneNumber)");
        assert!(error.remedy().contains(remedy), "{}", error.remedy());
    }
}

#[test]
fn request_overrides_the_stack() {
    let input = input(Duration::ZERO, &json!({ "billing": person("own") }));
    let sources: Vec<_> = wanted(&input).iter().map(|wanted| (wanted.name, wanted.source)).collect();
    assert_eq!(sources, [("security", Source::Settings), ("billing", Source::Request)]);
}

#[test]
fn step_without_contacts_is_skipped() {
    let mut input = input(Duration::ZERO, &json!({}));
    assert_eq!(step().skip_reason(&input), None);
    input.settings.contacts = Contacts::default();
    let why = step().skip_reason(&input).unwrap();
    assert_eq!(why, "neither the request nor the manifest has contacts");
    input.request.contacts.billing = Some(person("own"));
    assert_eq!(step().skip_reason(&input), None);
}
