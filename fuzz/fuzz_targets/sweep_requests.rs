#![no_main]

//! Any bytes as an event of EventBridge. An invalid event is rejected before any AWS call.

#[path = "../../tests/properties/aws.rs"]
mod aws;
mod function;

use libfuzzer_sys::fuzz_target;
use sweep_requests::SweepRequests;

fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = serde_json::from_slice(bytes) else { return };
    let calls = aws::Calls::default();
    let function = SweepRequests::new(&calls.config(), &aws::environment()).unwrap();
    if let Err(code) = function::handle(&function, event) {
        assert!(!calls.hosts().is_empty() || code == "InvalidRequest", "{code} without an AWS call");
    }
});
