#![no_main]

//! Any bytes as the body of a request or an adoption. A valid request is equal after serializing and parsing it.

use libfuzzer_sys::fuzz_target;
use vending_core::{AccountRequest, AdoptionRequest, RequestPolicy};

fuzz_target!(|body: &[u8]| {
    let Ok(body) = serde_json::from_slice(body) else { return };
    // Checks the form of the request, which is the same in every organization.
    let policy = RequestPolicy::default();
    if let Ok(request) = AccountRequest::parse(&body, &policy) {
        assert_eq!(request.violations(&policy), []);
        let written = serde_json::to_value(&request).unwrap();
        assert_eq!(AccountRequest::parse(&written, &policy), Ok(request));
    }
    let Ok(account) = "111122223333".parse() else { return };
    if let Err(problems) = AdoptionRequest::parse(account, &body) {
        assert!(!problems.is_empty());
    }
});
