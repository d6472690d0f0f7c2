use vending_core::{AccountRecord, AccountState};

use super::*;

const OTHER: &str = "222222222222";

fn recorded(id: &str, state: AccountState) -> AccountRecord {
    let record = AccountRecord::new(&old(), id.parse().unwrap(), "ou-1".to_owned());
    AccountRecord { state, state_since: OffsetDateTime::UNIX_EPOCH, ..record }
}

/// Compares these records with AWS, and returns the number of changes and the recorded states.
async fn compare(records: &[AccountRecord], organizations: Vec<Rule>) -> (usize, Vec<AccountState>) {
    let services = Services { organizations, ..Services::default() };
    for record in records {
        services.accounts.put_account(record);
    }
    let changed = services.sweep().record_account_states().await.unwrap();
    let states = records.iter().map(|record| services.accounts.account(record.account_id.as_str()).state);
    (changed, states.collect())
}

fn not_found() -> Rule {
    mock!(aws_sdk_organizations::Client::describe_account).then_http_response(|| {
        let body = r#"{"__type":"AccountNotFoundException","Message":"no"}"#;
        HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body))
    })
}

#[tokio::test]
async fn changed_states_are_recorded() {
    let records = [recorded(ACCOUNT, AccountState::Active), recorded(OTHER, AccountState::Suspended)];
    let listed = accounts(&[(ACCOUNT, "PENDING_CLOSURE"), (OTHER, "ACTIVE"), ("333333333333", "ACTIVE")]);
    let expected = (2, vec![AccountState::PendingClosure, AccountState::Active]);
    assert_eq!(compare(&records, vec![listed]).await, expected);
}

#[tokio::test]
async fn account_that_left_is_gone() {
    let records = [recorded(ACCOUNT, AccountState::Active), recorded(OTHER, AccountState::Gone)];
    let expected = (1, vec![AccountState::Gone, AccountState::Gone]);
    assert_eq!(compare(&records, vec![accounts(&[]), not_found()]).await, expected);
}

#[tokio::test]
async fn account_that_is_not_listed_yet_is_described() {
    let described = mock!(aws_sdk_organizations::Client::describe_account).then_http_response(|| {
        let body = json!({ "Account": { "Id": ACCOUNT, "State": "ACTIVE" } }).to_string();
        HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body))
    });
    let records = [recorded(ACCOUNT, AccountState::Active)];
    assert_eq!(compare(&records, vec![accounts(&[]), described]).await, (0, vec![AccountState::Active]));
}

#[tokio::test]
async fn unknown_or_equal_state_is_not_recorded() {
    let records = [recorded(ACCOUNT, AccountState::Active), recorded(OTHER, AccountState::Closed)];
    let listed = accounts(&[(ACCOUNT, "FROZEN"), (OTHER, "CLOSED")]);
    assert_eq!(compare(&records, vec![listed]).await, (0, vec![AccountState::Active, AccountState::Closed]));
}
