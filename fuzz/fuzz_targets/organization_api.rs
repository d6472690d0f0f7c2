#![no_main]

//! Any bytes as an event of API Gateway, as the body of a valid event, and as its manifest.

#[path = "../../tests/properties/aws.rs"]
mod aws;
mod function;

use libfuzzer_sys::fuzz_target;
use organization_api::{Config, OrganizationApi};
use serde_json::{Value, json};

const SAMPLE: &str = include_str!("../../events/organization-api.json");

fuzz_target!(|bytes: &[u8]| {
    let calls = aws::Calls::default();
    let api = OrganizationApi::new(&calls.config(), Config::from_environment(&aws::environment()).unwrap());
    let parsed = serde_json::from_slice::<Value>(bytes);
    let mut bodies = vec![String::from_utf8_lossy(bytes).into_owned()];
    if let Ok(value) = parsed {
        let _ = function::handle(&api, value.clone());
        bodies.push(json!({ "manifest": value }).to_string());
    }
    for body in bodies {
        let mut event: Value = serde_json::from_str(SAMPLE).unwrap();
        event["body"] = body.into();
        event["isBase64Encoded"] = false.into();
        let response = function::handle(&api, event).unwrap();
        assert!((200..=503).contains(&response["statusCode"].as_u64().unwrap()), "{response}");
    }
});
