#![no_main]

//! Any bytes as an event of CloudFormation: refused before AWS is asked. No such event gets as far as its answer,
//! because its ResponseURL is nobody's.

#[path = "../../tests/properties/aws.rs"]
mod aws;
mod function;

use account_resource::{AccountResource, Config};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut event) = serde_json::from_slice::<Value>(bytes) else { return };
    if let Some(event) = event.as_object_mut() {
        // Nothing listens there.
        event.insert("ResponseURL".to_owned(), "http://127.0.0.1:9/".into());
    }
    let calls = aws::Calls::default();
    let config = Config::from_environment(&aws::environment()).unwrap();
    let function = AccountResource::new(&calls.config(), &aws::environment(), config).unwrap();
    let _ = function::handle(&function, event);
});
