//! The functions that get input from outside.

use accounts_api::{AccountsApi, Config};
use adopt_account::AdoptAccount;
use cfn_account_resource::CfnAccountResource;
use organization_api::OrganizationApi;
use proptest::prelude::*;
use serde_json::{Value, json};
use sweep_requests::SweepRequests;
use tokio::runtime::Runtime;
use vending_cfn::testing::ResponseServer;
use vending_runtime::Handler;

use crate::any;
use crate::aws::{Calls, environment};

/// Calls a function, and returns its response or the code of its error.
fn handle(function: &impl Handler, event: Value) -> Result<Value, String> {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(vending_runtime::handle(function, event)).map_err(|failure| failure.error_type)
}

fn api(calls: &Calls) -> AccountsApi {
    AccountsApi::new(&calls.config(), Config::from_environment(&environment()).unwrap())
}

fn organization_api(calls: &Calls) -> OrganizationApi {
    let config = organization_api::Config::from_environment(&environment()).unwrap();
    OrganizationApi::new(&calls.config(), config)
}

/// A `POST` with this body, to the route of the sample of a function.
fn post(function: &str, body: String) -> Value {
    let mut event = any::sample(function);
    event["body"] = body.into();
    event["isBase64Encoded"] = json!(false);
    event
}

/// An event with a placeholder as its `ResponseURL`, because the address of the server is not known yet.
fn stack_event() -> Value {
    let mut event = any::sample("cfn-account-resource");
    event["ResponseURL"] = "response-server".into();
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

fn with_response_url(mut event: Value, server: &ResponseServer) -> Value {
    if event["ResponseURL"] == "response-server" {
        event["ResponseURL"] = serde_json::to_value(server.url("token")).unwrap();
    }
    event
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn api_responds_to_any_api_gateway_event(event in any::mutated(any::sample("accounts-api"))) {
        // An event that is not from API Gateway is an error.
        if let Ok(response) = handle(&api(&Calls::default()), event) {
            let status = response["statusCode"].as_u64().unwrap();
            prop_assert!((200..=503).contains(&status), "{response}");
        }
    }

    #[test]
    fn invalid_body_is_rejected_without_a_claim(
        body in prop_oneof![any::string(), any::json().prop_map(|body| body.to_string())],
    ) {
        let calls = Calls::default();
        let response = handle(&api(&calls), post("accounts-api", body)).unwrap();
        let status = response["statusCode"].as_u64().unwrap();
        prop_assert!(status == 400 || status == 413, "{response}");
        // Only the settings can have been read, and only for a request with a valid OU.
        prop_assert!(calls.hosts().iter().all(|host| host.starts_with("records.s3.")), "{:?}", calls.hosts());
    }

    #[test]
    fn organization_api_responds_to_any_event(event in any::mutated(any::sample("organization-api"))) {
        if let Ok(response) = handle(&organization_api(&Calls::default()), event) {
            let status = response["statusCode"].as_u64().unwrap();
            prop_assert!((200..=503).contains(&status), "{response}");
        }
    }

    #[test]
    fn invalid_manifest_is_rejected_without_a_call(
        body in prop_oneof![
            any::string(),
            any::json().prop_map(|body| body.to_string()),
            any::json().prop_map(|manifest| json!({ "manifest": manifest }).to_string()),
        ],
    ) {
        let calls = Calls::default();
        let response = handle(&organization_api(&calls), post("organization-api", body)).unwrap();
        prop_assert_eq!(response["statusCode"].as_u64(), Some(400), "{}", response);
        prop_assert!(calls.hosts().is_empty(), "{:?}", calls.hosts());
    }

    #[test]
    fn account_event_is_parsed_or_rejected(
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
            prop_assert!(!calls.hosts().is_empty() || code == "InvalidRequest", "{code} without a call of AWS");
        }
    }

    #[test]
    fn stack_event_is_rejected_or_gets_one_response(event in any::mutated(stack_event())) {
        let (calls, server) = (Calls::default(), ResponseServer::start(200));
        let event = with_response_url(event, &server);
        let config = cfn_account_resource::Config::from_environment(&environment()).unwrap();
        let function = CfnAccountResource::new(&calls.config(), &environment(), config).unwrap();
        let outcome = handle(&function, event);
        let responses = server.close();
        prop_assert!(responses.len() <= 1);
        prop_assert!(responses.iter().all(|response| response.body.to_string().len() <= 4096));
        match outcome {
            Ok(_) => prop_assert_eq!(responses.len(), 1),
            Err(code) if calls.hosts().is_empty() => prop_assert_eq!((code.as_str(), responses.len()), ("InvalidRequest", 0)),
            // AWS denied a call: Lambda sends the event again.
            Err(_) => {}
        }
    }

    #[test]
    fn execution_event_is_parsed_or_rejected(event in any::mutated(any::sample("sweep-requests"))) {
        let calls = Calls::default();
        let function = SweepRequests::new(&calls.config(), &environment()).unwrap();
        if let Err(code) = handle(&function, event) {
            prop_assert!(!calls.hosts().is_empty() || code == "InvalidRequest", "{code} without a call of AWS");
        }
    }
}
