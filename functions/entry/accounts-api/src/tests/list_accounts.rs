use vending_core::AccountState;

use super::aws::*;
use super::*;

fn record_of(id: &str, unit: &str, owner: Option<&str>) -> AccountRecord {
    AccountRecord {
        account_id: id.parse().unwrap(),
        organizational_unit: unit.parse().unwrap(),
        owner: owner.map(|owner| owner.parse().unwrap()),
        ..account_record(&vended(1))
    }
}

/// Three accounts.
fn accounts() -> Bucket {
    let bucket = Bucket::default();
    bucket.put_account(&record_of("222222222222", "Workloads/Production", Some("pay@example.com")));
    let suspended = record_of("333333333333", "Workloads", None);
    bucket.put_account(&suspended.with_state(AccountState::Suspended, OffsetDateTime::UNIX_EPOCH));
    bucket.put_account(&record_of("444444444444", "Security", Some("pay@example.com")));
    bucket
}

async fn list(query: &Value) -> (u64, Value) {
    let rules = Rules { accounts: accounts(), ..Rules::default() };
    let mut event = event("GET", "/accounts", Some(JOE));
    event["queryStringParameters"] = query.clone();
    let (status, response) = call(&api(&rules), event).await;
    (status, response["body"].clone())
}

fn ids(body: &Value) -> Vec<&str> {
    body["accounts"].as_array().unwrap().iter().map(|account| account["accountId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn accounts_are_listed_from_their_records() {
    let (status, body) = list(&Value::Null).await;
    assert_eq!((status, &body["nextToken"]), (200, &Value::Null));
    assert_eq!(ids(&body), ["222222222222", "333333333333", "444444444444"]);
    let mut first = body["accounts"][0].clone();
    assert!(first["stateSince"].take().is_string());
    assert_eq!(
        first,
        json!({
            "accountId": "222222222222",
            "accountName": "payments-dev",
            "accountEmail": "aws+payments-dev@example.com",
            "organizationalUnit": "Workloads/Production",
            "owner": "pay@example.com",
            "requestedBy": JANE,
            "requestId": id(1),
            "state": "ACTIVE",
            "stateSince": null,
            "baselineVersion": null,
        })
    );
}

#[tokio::test]
async fn filters_are_combined() {
    for (query, expected) in [
        (json!({ "organizationalUnit": "Workloads" }), vec!["222222222222", "333333333333"]),
        (json!({ "owner": "Pay@example.com" }), vec!["222222222222", "444444444444"]),
        (json!({ "state": "SUSPENDED" }), vec!["333333333333"]),
        (json!({ "organizationalUnit": "Workloads", "owner": "pay@example.com" }), vec!["222222222222"]),
        (json!({ "state": "GONE" }), vec![]),
    ] {
        assert_eq!(ids(&list(&query).await.1), expected, "{query}");
    }
}

#[tokio::test]
async fn next_page_continues_after_the_last_account() {
    let (_, first) = list(&json!({ "limit": "2", "state": "ACTIVE" })).await;
    assert_eq!(ids(&first), ["222222222222"]);
    let query = json!({ "limit": "2", "state": "ACTIVE", "nextToken": first["nextToken"] });
    let (_, second) = list(&query).await;
    assert_eq!((ids(&second), &second["nextToken"]), (vec!["444444444444"], &Value::Null));
}

#[tokio::test]
async fn invalid_filter_is_rejected_with_all_problems() {
    let query = json!({ "organizationalUnit": "/", "owner": "pay", "state": "OPEN", "limit": "0", "nextToken": "?" });
    let (status, body) = list(&query).await;
    let response = json!({ "body": body });
    assert_eq!((status, pointers(&response).len()), (400, 5), "{response}");
}

#[tokio::test]
async fn filter_by_a_missing_ou_is_rejected() {
    let organizations = [root(), unit("Workloads")];
    let rules = Rules { organizations: &organizations.each_ref(), ..Rules::default() };
    let mut event = event("GET", "/accounts", Some(JOE));
    event["queryStringParameters"] = json!({ "organizationalUnit": "Workload" });
    let (status, response) = call(&api(&rules), event).await;
    assert_eq!((status, pointers(&response)), (400, vec!["?organizationalUnit"]));
}
