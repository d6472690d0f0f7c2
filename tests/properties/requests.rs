//! The parsers of requests and of the strings in them.

use proptest::prelude::*;
use serde_json::json;
use vending_core::{
    AccountId, AccountKey, AccountRequest, AdoptionRequest, EmailAddress, Failure, GithubDeploy, GithubRepository,
    HandOverRequest, OrganizationalUnitPath, RequestId, RequestPolicy, StepError, fixtures, principal, stack_id,
};

use crate::any;

/// Allows everything, except what settings cannot allow.
fn policy() -> RequestPolicy {
    let everything = fixtures::open_settings().resolve(&["r-root".parse().unwrap()]);
    RequestPolicy::new(everything, false, &[])
}

/// Whether a request is valid for AWS:
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html>.
fn is_valid_for_aws(request: &AccountRequest) -> bool {
    let name = request.account_name.as_bytes();
    let email = request.account_email.as_str();
    (1..=50).contains(&name.len())
        && name.iter().all(|byte| (b' '..=b'~').contains(byte))
        && (6..=64).contains(&email.len())
        && email.matches('@').count() == 1
        && request.tags.len() <= 40
        && request.tags.keys().all(|key| !key.to_lowercase().starts_with("aws:") && key.chars().count() <= 128)
}

/// Whether each subject is one branch or environment of one repository, without a pattern or an IAM policy variable.
fn has_exact_subjects(deploy: &GithubDeploy) -> bool {
    let subjects = deploy.subjects();
    !subjects.is_empty()
        && subjects.iter().all(|subject| {
            let parts: Vec<&str> = subject.split(':').collect();
            !subject.contains(['*', '?', '$']) && matches!(parts.as_slice(), ["repo", _, "ref" | "environment", _])
        })
}

proptest! {
    #[test]
    fn request_is_valid_for_aws_or_rejected(
        body in prop_oneof![any::json(), any::mutated(any::full_request())],
    ) {
        match AccountRequest::parse(&body, &policy()) {
            Ok(request) => {
                prop_assert!(is_valid_for_aws(&request), "{request:?}");
                prop_assert!(request.github_deploy.iter().all(has_exact_subjects), "{request:?}");
                prop_assert_eq!(request.violations(&policy()), []);
                let written = serde_json::to_value(&request).unwrap();
                prop_assert_eq!(serde_json::from_value::<AccountRequest>(written.clone()).unwrap(), request.clone());
                prop_assert_eq!(AccountRequest::parse(&written, &policy()), Ok(request));
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| !problem.detail.is_empty()));
            }
        }
    }

    #[test]
    fn no_branch_or_environment_widens_the_trust(place in prop::sample::select(vec!["branches", "environments"]), name in "[ -~]{1,12}|[a-z:$%{}*]{1,6}") {
        let mut body = any::full_request();
        body["githubDeploy"][0][place] = json!([name]);
        if let Ok(request) = AccountRequest::parse(&body, &policy()) {
            prop_assert!(has_exact_subjects(&request.github_deploy[0]), "{request:?}");
        }
    }

    #[test]
    fn adoption_request_is_parsed_or_rejected(
        body in prop_oneof![any::json(), any::mutated(json!({ "owner": "jo@example.com", "tags": { "a": "b" } }))],
    ) {
        match AdoptionRequest::parse("111122223333".parse().unwrap(), &body) {
            Ok(request) => prop_assert!(!request.tags.keys().any(|key| key.starts_with("account-vending:"))),
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
    }

    #[test]
    fn hand_over_request_is_parsed_or_rejected(
        body in prop_oneof![
            any::json(),
            any::mutated(json!({ "requester": "arn:aws:iam::111122223333:role/team/Platform" })),
            any::string().prop_map(|text| json!({ "requester": text })),
        ],
    ) {
        match HandOverRequest::parse(&body) {
            Ok(request) => {
                prop_assert_eq!(principal(&request.requester), &request.requester);
                let again = HandOverRequest::parse(&json!({ "requester": request.requester }));
                prop_assert_eq!(again.map(|again| again.requester), Ok(request.requester));
            }
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
    }

    #[test]
    fn parsed_values_round_trip(text in any::string()) {
        macro_rules! check {
            ($($id:ty),*) => { $(
                if let Ok(read) = text.parse::<$id>() {
                    prop_assert_eq!(read.to_string().parse::<$id>(), Ok(read));
                }
            )* };
        }
        check!(AccountId, AccountKey, EmailAddress, GithubRepository, OrganizationalUnitPath, RequestId);
        if let Ok(email) = text.parse::<EmailAddress>() {
            let upper_case: EmailAddress = text.to_ascii_uppercase().parse().unwrap();
            prop_assert_eq!(AccountKey::from_email(&email), AccountKey::from_email(&upper_case));
        }
    }

    #[test]
    fn session_name_adds_no_authority(arn in any::string(), session in "[ -~]{0,40}") {
        prop_assert!(arn.starts_with(principal(&arn)));
        let role = "arn:aws:sts::111111111111:assumed-role/Developer";
        let assumed = format!("{role}/{session}");
        prop_assert_eq!(principal(&assumed), role);
        prop_assert_eq!(stack_id(&assumed), None);
    }

    #[test]
    fn any_caught_error_becomes_a_failure(state in any::string(), error in any::string(), cause in any::string()) {
        let failure = Failure::from_catch(&state, &error, &cause);
        prop_assert!(!failure.remedy.is_empty());
        let error = StepError::new(vending_core::ErrorCode::AccessDenied, cause.clone());
        let wire = serde_json::to_string(&Failure::from_step_error("MoveAccount", &error)).unwrap();
        let cause = json!({ "errorMessage": wire }).to_string();
        prop_assert_eq!(Failure::from_catch("x", "AccessDenied", &cause).step, "MoveAccount");
    }
}
