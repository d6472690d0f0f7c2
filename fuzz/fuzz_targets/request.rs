#![no_main]

//! Any bytes as the body of a request or an adoption. A valid request is equal after serializing and parsing it.

use libfuzzer_sys::fuzz_target;
use vending_core::{AccountRequest, AdoptionRequest, Allowed, OuScope, RequestPolicy};

fuzz_target!(|body: &[u8]| {
    let Ok(body) = serde_json::from_slice(body) else { return };
    let policy = RequestPolicy {
        email_pattern: "aws+{accountName}@example.com".to_owned(),
        allowed_email_domains: Allowed::default(),
        allowed_organizational_units: OuScope::all(),
        protected_organizational_units: "Security".parse().unwrap(),
        allowed_permission_sets: "*".parse().unwrap(),
        allowed_github_owners: "acme".parse().unwrap(),
        allowed_policy_arns: "*".parse().unwrap(),
        security_contact_is_fixed: false,
    };
    if let Ok(request) = AccountRequest::parse(&body, &policy) {
        assert_eq!(request.violations(&policy), []);
        let written = serde_json::to_value(&request).unwrap();
        assert_eq!(AccountRequest::parse(&written, &policy), Ok(request));
    }
    if let Err(problems) = AdoptionRequest::parse(&body) {
        assert!(!problems.is_empty());
    }
});
