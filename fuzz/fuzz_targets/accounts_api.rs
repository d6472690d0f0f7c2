#![no_main]

//! Any bytes as an event of API Gateway, and as the body of a valid event.

#[path = "../../tests/properties/aws.rs"]
mod aws;
mod function;

use accounts_api::{AccountsApi, Config};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const SAMPLE: &str = include_str!("../../events/accounts-api.json");

fuzz_target!(|bytes: &[u8]| {
    let calls = aws::Calls::default();
    let api = AccountsApi::new(&calls.config(), Config::from_environment(&aws::environment()).unwrap());
    if let Ok(event) = serde_json::from_slice(bytes) {
        let _ = function::handle(&api, event);
    }
    let mut event: Value = serde_json::from_str(SAMPLE).unwrap();
    event["body"] = String::from_utf8_lossy(bytes).into();
    event["isBase64Encoded"] = false.into();
    let response = function::handle(&api, event).unwrap();
    assert!((200..=503).contains(&response["statusCode"].as_u64().unwrap()), "{response}");
    assert!(calls.hosts().iter().all(|host| host.starts_with("organizations.")), "{:?}", calls.hosts());
});
