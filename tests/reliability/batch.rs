//! Many accounts at once, at the rate that AWS allows.

use std::sync::Arc;

use cloud::{Caller, Cloud, email, key_of, request};
use local_cloud::strict::{Limits, Throttling};
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{submit, wait_for_end};
use crate::findings;

const ACCOUNTS: usize = 60;
/// The published rate of CreateAccount: 0.1 calls per second, after a burst of 3.
const BURST: usize = 3;
const SECONDS_PER_ACCOUNT: f64 = 10.0;

#[tokio::test]
async fn sixty_requests_are_vended_at_the_quota_rate() {
    let cloud = Arc::new(Cloud::connect());
    cloud.strict.set_throttling(&Throttling { enabled: true, ..Throttling::default() }).await.unwrap();
    cloud.strict.set_limits(&Limits::default()).await.unwrap();
    let before = cloud.strict.last_sequence().await.unwrap();
    let mut clients = JoinSet::new();
    for number in 0..ACCOUNTS {
        let cloud = cloud.clone();
        clients.spawn(async move {
            let caller = Caller::root(&cloud);
            let name = format!("batch-{number}");
            let accepted = submit(&caller, &request(&name)).await;
            assert_eq!(accepted.status, 202, "{accepted:?}");
            let outcome = wait_for_end(&caller, &format!("{}-1", key_of(&email(&name)))).await;
            assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
        });
    }
    clients.join_all().await;

    let calls = cloud.strict.calls_since(before).await.unwrap();
    let creations: Vec<_> = calls.iter().filter(|call| call.operation == "CreateAccount").collect();
    let created_at: Vec<_> = creations.iter().filter(|call| call.status == Some(200)).map(|call| call.time).collect();
    // There are more if a response was lost on a busy machine.
    assert!(created_at.len() >= ACCOUNTS, "{} creations", created_at.len());
    let accounts = cloud.accounts().await;
    for number in 0..ACCOUNTS {
        let email = email(&format!("batch-{number}"));
        assert_eq!(accounts.iter().filter(|account| account.email() == Some(&email)).count(), 1, "{email}");
    }
    let throttled = |operation: &str| {
        let calls = calls.iter().filter(|call| call.operation == operation);
        calls.filter(|call| call.error_code.as_deref() == Some("TooManyRequestsException")).count()
    };
    let throttled: Vec<_> =
        ["CreateAccount", "DescribeCreateAccountStatus", "ListParents", "MoveAccount", "TagResource"]
            .into_iter()
            .map(|operation| json!({ "operation": operation, "calls": throttled(operation) }))
            .collect();
    let speed = cloud.strict.speed().await.unwrap();
    let span =
        (*created_at.iter().max().unwrap() - *created_at.iter().min().unwrap()).as_seconds_f64() * f64::from(speed);
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let minimum = (ACCOUNTS - BURST) as f64 * SECONDS_PER_ACCOUNT;
    println!("{ACCOUNTS} creations in {:.2} x the minimum time of the quota; throttled: {throttled:?}", span / minimum);
    findings::save("batch", &json!({ "accounts": ACCOUNTS, "times": span / minimum, "throttled": throttled }));
}
