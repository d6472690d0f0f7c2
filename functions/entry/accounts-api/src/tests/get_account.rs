use vending_core::{AccountState, Baseline};

use super::aws::*;
use super::*;

async fn get(rules: &Rules<'_>) -> (u64, Value) {
    call(&api(rules), event("GET", "/accounts/222222222222", Some(JOE))).await
}

#[tokio::test]
async fn account_record_is_returned_with_the_state() {
    let ended = vended(1);
    let record = account_record(&ended);
    let baseline = Baseline::from_outcome(&ended, ended.outcome.as_ref().unwrap(), None);
    for (record, current, state) in [
        (record.clone(), Some("ACTIVE"), "ACTIVE"),
        (record.clone(), None, "GONE"),
        (AccountRecord { baseline, ..record }, Some("PENDING_CLOSURE"), "PENDING_CLOSURE"),
    ] {
        let current = account_state(current);
        let rules = Rules { organizations: &[&current], ..Rules::default() };
        rules.accounts.put_account(&record);
        let (status, mut response) = get(&rules).await;
        assert_eq!(status, 200, "{response}");
        let mut expected = serde_json::to_value(&record).unwrap();
        expected["state"] = state.into();
        assert_eq!(response["body"]["stateSince"] == expected["stateSince"], state == "ACTIVE");
        expected["stateSince"] = response["body"]["stateSince"].take();
        response["body"]["stateSince"] = expected["stateSince"].clone();
        assert_eq!(response["body"], expected);
    }
}

#[tokio::test]
async fn unreadable_state_is_the_recorded_one() {
    for current in [account_state(Some("FROZEN")), denied()] {
        let rules = Rules { organizations: &[&current], ..Rules::default() };
        let record = account_record(&vended(1)).with_state(AccountState::Suspended, OffsetDateTime::UNIX_EPOCH);
        rules.accounts.put_account(&record);
        let (status, response) = get(&rules).await;
        assert_eq!((status, &response["body"]["state"]), (200, &"SUSPENDED".into()));
        assert_eq!(response["body"]["stateSince"], "1970-01-01T00:00:00Z");
    }
}

fn denied() -> Rule {
    aws_smithy_mocks::mock!(aws_sdk_organizations::Client::describe_account).then_error(|| {
        aws_sdk_organizations::operation::describe_account::DescribeAccountError::generic(meta("AccessDeniedException"))
    })
}

#[tokio::test]
async fn account_without_a_record_is_not_found() {
    for id in ["222222222222", "x", &id(1)] {
        let event = event("GET", &format!("/accounts/{id}"), Some(JOE));
        let (status, response) = call(&api(&Rules::default()), event).await;
        assert_eq!(status, 404, "{response}");
    }
}
