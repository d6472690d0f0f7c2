#![no_main]

//! Any bytes as the body of a request or of an adoption: what is taken is written and read again as the same.

use libfuzzer_sys::fuzz_target;
use vending_core::{AccountRequest, AdoptionRequest, Bounds};

fuzz_target!(|body: &[u8]| {
    let Ok(body) = serde_json::from_slice(body) else { return };
    let bounds = Bounds {
        email_pattern: "aws+{accountName}@example.com".to_owned(),
        allowed_organizational_units: vec!["*".to_owned()],
        protected_organizational_units: vec!["Security".to_owned()],
        allowed_permission_sets: vec!["*".to_owned()],
        allowed_github_owners: vec!["acme".to_owned()],
        allowed_policy_arns: vec!["*".to_owned()],
    };
    if let Ok(request) = AccountRequest::parse(&body, &bounds) {
        assert_eq!(request.refusals(&bounds), []);
        let written = serde_json::to_value(&request).unwrap();
        assert_eq!(AccountRequest::parse(&written, &bounds), Ok(request));
    }
    if let Err(problems) = AdoptionRequest::parse(&body) {
        assert!(!problems.is_empty());
    }
});
