//! The functions that take what comes from outside.

use account_resource::AccountResource;
use accounts_api::{AccountsApi, Config};
use adopt_account::AdoptAccount;
use proptest::prelude::*;
use serde_json::{Value, json};
use sweep_requests::SweepRequests;
use tokio::runtime::Runtime;
use vending_answers::testing::Inbox;
use vending_runtime::Handler;

use crate::any;
use crate::aws::{Calls, environment};

/// One call of a function: its answer, or the code of its error.
fn handle(function: &impl Handler, event: Value) -> Result<Value, String> {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(vending_runtime::handle(function, event)).map_err(|failure| failure.error_type)
}

fn api(calls: &Calls) -> AccountsApi {
    AccountsApi::new(&calls.config(), Config::from_environment(&environment()).unwrap())
}

/// A `POST` with any text as its body.
fn post(body: String) -> Value {
    let mut event = any::sample("accounts-api");
    event["body"] = body.into();
    event["isBase64Encoded"] = json!(false);
    event
}

/// With a `ResponseURL` that stands for the inbox: its address is known only when it is open.
fn stack_event() -> Value {
    let mut event = any::sample("account-resource");
    event["ResponseURL"] = "inbox".into();
    let properties = &mut event["ResourceProperties"];
    properties["Access"] = json!([{ "Group": "developers", "User": "", "PermissionSet": "PowerUserAccess" }]);
    properties["GithubDeploy"] = json!([{
        "Repository": "acme/pay", "OwnerId": "1", "RepositoryId": "2", "Branches": ["main"], "Environments": [""],
        "PolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "ClassicSubject": "true"
    }]);
    properties["MonthlyBudgetUsd"] = "500".into();
    properties["Contacts"] =
        json!({ "Security": { "Name": "Jo", "Title": "CISO", "Email": "jo@example.com", "Phone": "1" } });
    event
}

fn addressed(mut event: Value, inbox: &Inbox) -> Value {
    if event["ResponseURL"] == "inbox" {
        event["ResponseURL"] = serde_json::to_value(inbox.url("token")).unwrap();
    }
    event
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_api_answers_whatever_api_gateway_could_send(event in any::mutated(any::sample("accounts-api"))) {
        // Refused as an event, or answered with a status.
        if let Ok(answer) = handle(&api(&Calls::default()), event) {
            let status = answer["statusCode"].as_u64().unwrap();
            prop_assert!((200..=503).contains(&status), "{answer}");
        }
    }

    #[test]
    fn a_body_that_is_no_request_is_refused_and_nothing_is_claimed(
        body in prop_oneof![any::text(), any::json().prop_map(|body| body.to_string())],
    ) {
        let calls = Calls::default();
        let answer = handle(&api(&calls), post(body)).unwrap();
        let status = answer["statusCode"].as_u64().unwrap();
        prop_assert!(status == 400 || status == 413, "{answer}");
        // Only its organizational unit may have been looked for.
        prop_assert!(calls.hosts().iter().all(|host| host.starts_with("organizations.")), "{:?}", calls.hosts());
    }

    #[test]
    fn an_event_of_an_account_is_understood_or_refused(
        event in prop::sample::select(vec![
            "account-joined-organization",
            "control-tower-create-managed-account",
            "control-tower-update-managed-account",
            "create-account-result",
        ]).prop_flat_map(|name| any::mutated(any::sample(&format!("eventbridge/{name}")))),
    ) {
        let calls = Calls::default();
        let function = AdoptAccount::new(&calls.config(), &environment()).unwrap();
        if let Err(code) = handle(&function, event) {
            prop_assert!(!calls.hosts().is_empty() || code == "InvalidRequest", "{code} without asking AWS");
        }
    }

    #[test]
    fn an_event_of_a_stack_is_refused_or_answered_once(event in any::mutated(stack_event())) {
        let (calls, inbox) = (Calls::default(), Inbox::open(200));
        let event = addressed(event, &inbox);
        let config = account_resource::Config::from_environment(&environment()).unwrap();
        let function = AccountResource::new(&calls.config(), &environment(), config).unwrap();
        let outcome = handle(&function, event);
        let answers = inbox.close();
        prop_assert!(answers.len() <= 1);
        prop_assert!(answers.iter().all(|answer| answer.body.to_string().len() <= 4096));
        match outcome {
            Ok(_) => prop_assert_eq!(answers.len(), 1),
            Err(code) if calls.hosts().is_empty() => prop_assert_eq!((code.as_str(), answers.len()), ("InvalidRequest", 0)),
            // AWS denied something: Lambda sends the event again.
            Err(_) => {}
        }
    }

    #[test]
    fn an_event_of_an_execution_is_understood_or_refused(event in any::mutated(any::sample("sweep-requests"))) {
        let calls = Calls::default();
        let function = SweepRequests::new(&calls.config(), &environment()).unwrap();
        if let Err(code) = handle(&function, event) {
            prop_assert!(!calls.hosts().is_empty() || code == "InvalidRequest", "{code} without asking AWS");
        }
    }
}
