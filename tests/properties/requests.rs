//! The parsers of requests and of the texts in them.

use proptest::prelude::*;
use serde_json::json;
use vending_core::{
    AccountId, AccountKey, AccountRequest, AdoptionRequest, Bounds, EmailAddress, Failure, GithubDeploy,
    GithubRepository, OrganizationalUnitPath, RequestId, StepError, principal, stack_id,
};

use crate::any;

fn bounds() -> Bounds {
    Bounds {
        email_pattern: "aws+{accountName}@example.com".to_owned(),
        allowed_organizational_units: vec!["*".to_owned()],
        protected_organizational_units: vec!["Security".to_owned()],
        allowed_permission_sets: vec!["*".to_owned()],
        allowed_github_owners: vec!["acme".to_owned()],
        allowed_policy_arns: vec!["*".to_owned()],
    }
}

/// What AWS says of account names: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html>.
fn is_what_aws_takes(request: &AccountRequest) -> bool {
    let name = request.account_name.as_bytes();
    let email = request.account_email.as_str();
    (1..=50).contains(&name.len())
        && name.iter().all(|byte| (b' '..=b'~').contains(byte))
        && (6..=64).contains(&email.len())
        && email.matches('@').count() == 1
        && request.tags.len() <= 40
        && request.tags.keys().all(|key| !key.to_lowercase().starts_with("aws:") && key.chars().count() <= 128)
}

/// Each subject is one place of one repository: no pattern, no variable of IAM, and not a part more than it should have.
fn is_trusted_exactly(deploy: &GithubDeploy) -> bool {
    let subjects = deploy.subjects();
    !subjects.is_empty()
        && subjects.iter().all(|subject| {
            let parts: Vec<&str> = subject.split(':').collect();
            !subject.contains(['*', '?', '$']) && matches!(parts.as_slice(), ["repo", _, "ref" | "environment", _])
        })
}

proptest! {
    #[test]
    fn a_request_is_what_aws_takes_or_is_refused_with_reasons(
        body in prop_oneof![any::json(), any::mutated(any::full_request())],
    ) {
        match AccountRequest::parse(&body, &bounds()) {
            Ok(request) => {
                prop_assert!(is_what_aws_takes(&request), "{request:?}");
                prop_assert!(!request.organizational_unit.is_within("Security"));
                prop_assert!(request.github_deploy.iter().all(is_trusted_exactly), "{request:?}");
                prop_assert_eq!(request.refusals(&bounds()), []);
                let written = serde_json::to_value(&request).unwrap();
                prop_assert_eq!(serde_json::from_value::<AccountRequest>(written.clone()).unwrap(), request.clone());
                prop_assert_eq!(AccountRequest::parse(&written, &bounds()), Ok(request));
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| !problem.detail.is_empty()));
            }
        }
    }

    #[test]
    fn no_name_makes_a_repository_trusted_for_more(place in prop::sample::select(vec!["branches", "environments"]), name in "[ -~]{1,12}|[a-z:$%{}*]{1,6}") {
        let mut body = any::full_request();
        body["githubDeploy"][0][place] = json!([name]);
        if let Ok(request) = AccountRequest::parse(&body, &bounds()) {
            prop_assert!(is_trusted_exactly(&request.github_deploy[0]), "{request:?}");
        }
    }

    #[test]
    fn an_adoption_names_an_account_or_is_refused_with_reasons(
        body in prop_oneof![any::json(), any::mutated(json!({ "accountId": "111122223333", "tags": { "a": "b" } }))],
    ) {
        match AdoptionRequest::parse(&body) {
            Ok(request) => prop_assert_eq!(request.account_id.as_str().len(), 12),
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
    }

    #[test]
    fn what_is_read_is_written_the_same(text in any::text()) {
        macro_rules! check {
            ($($id:ty),*) => { $(
                if let Ok(read) = text.parse::<$id>() {
                    prop_assert_eq!(read.to_string().parse::<$id>(), Ok(read));
                }
            )* };
        }
        check!(AccountId, AccountKey, EmailAddress, GithubRepository, OrganizationalUnitPath, RequestId);
        if let Ok(email) = text.parse::<EmailAddress>() {
            let shouted: EmailAddress = text.to_ascii_uppercase().parse().unwrap();
            prop_assert_eq!(AccountKey::of(&email), AccountKey::of(&shouted));
        }
    }

    #[test]
    fn authority_never_grows_by_a_session_name(arn in any::text(), session in "[ -~]{0,40}") {
        prop_assert!(arn.starts_with(principal(&arn)));
        let role = "arn:aws:sts::111111111111:assumed-role/Developer";
        let assumed = format!("{role}/{session}");
        prop_assert_eq!(principal(&assumed), role);
        prop_assert_eq!(stack_id(&assumed), None);
    }

    #[test]
    fn any_error_that_a_catch_saw_becomes_a_failure(state in any::text(), error in any::text(), cause in any::text()) {
        let failure = Failure::caught(&state, &error, &cause);
        prop_assert!(!failure.remedy.is_empty());
        let wire = StepError::new(vending_core::ErrorCode::AccessDenied, cause.clone()).wire_message("MoveAccount");
        let cause = json!({ "errorMessage": wire }).to_string();
        prop_assert_eq!(Failure::caught("x", "AccessDenied", &cause).step, "MoveAccount");
    }
}
