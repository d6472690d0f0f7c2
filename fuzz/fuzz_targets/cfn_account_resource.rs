#![no_main]

//! Any bytes as an event of CloudFormation. The event is rejected before any AWS call, because its ResponseURL is not a
//! URL of Amazon S3.

#[path = "../../tests/properties/aws.rs"]
mod aws;
mod function;

use cfn_account_resource::{CfnAccountResource, Config};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut event) = serde_json::from_slice::<Value>(bytes) else { return };
    if let Some(event) = event.as_object_mut() {
        // No server listens on this port.
        event.insert("ResponseURL".to_owned(), "http://127.0.0.1:9/".into());
    }
    let calls = aws::Calls::default();
    let config = Config::from_environment(&aws::environment()).unwrap();
    let function = CfnAccountResource::new(&calls.config(), &aws::environment(), config).unwrap();
    let _ = function::handle(&function, event);
});
