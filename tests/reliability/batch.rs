//! Many accounts at once, at the pace that AWS allows.

use std::sync::Arc;

use local_cloud::{Caller, Cloud, email, key_of, request};
use serde_json::json;
use strict::{Limits, Throttling};
use tokio::task::JoinSet;

use crate::client::{ask, end};
use crate::findings;

const ACCOUNTS: usize = 60;
/// What AWS publishes for CreateAccount: 0.1 a second, after a burst of 3.
const BURST: usize = 3;
const SECONDS_EACH: f64 = 10.0;

#[tokio::test]
async fn sixty_at_once_are_vended_as_fast_as_the_quota_allows() {
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
            let accepted = ask(&caller, &request(&name)).await;
            assert_eq!(accepted.status, 202, "{accepted:?}");
            let outcome = end(&caller, &format!("{}-1", key_of(&email(&name)))).await;
            assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
        });
    }
    clients.join_all().await;

    let calls = cloud.strict.calls_since(before).await.unwrap();
    let creations: Vec<_> = calls.iter().filter(|call| call.operation == "CreateAccount").collect();
    let taken: Vec<_> = creations.iter().filter(|call| call.status == Some(200)).map(|call| call.time).collect();
    // More, where the answer to one was lost on a busy machine.
    assert!(taken.len() >= ACCOUNTS, "{} creations", taken.len());
    let accounts = cloud.accounts().await;
    for number in 0..ACCOUNTS {
        let email = email(&format!("batch-{number}"));
        assert_eq!(accounts.iter().filter(|account| account.email() == Some(&email)).count(), 1, "{email}");
    }
    let refused = |operation: &str| {
        let refused = calls.iter().filter(|call| call.operation == operation);
        refused.filter(|call| call.error_code.as_deref() == Some("TooManyRequestsException")).count()
    };
    let refusals: Vec<_> =
        ["CreateAccount", "DescribeCreateAccountStatus", "ListParents", "MoveAccount", "TagResource"]
            .into_iter()
            .map(|operation| json!({ "operation": operation, "refused": refused(operation) }))
            .collect();
    let speed = cloud.strict.speed().await.unwrap();
    let span = (*taken.iter().max().unwrap() - *taken.iter().min().unwrap()).as_seconds_f64() * f64::from(speed);
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let allowed = (ACCOUNTS - BURST) as f64 * SECONDS_EACH;
    println!("{ACCOUNTS} creations in {:.2} x the time that the quota asks for; refused: {refusals:?}", span / allowed);
    findings::keep("batch", &json!({ "accounts": ACCOUNTS, "times": span / allowed, "refusals": refusals }));
}
