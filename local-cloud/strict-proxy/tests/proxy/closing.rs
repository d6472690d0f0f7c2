//! Closed and suspended accounts.

use local_cloud::strict::{AccountState, Closures};
use serde_json::{Value, json};

use crate::cloud::{LocalCloud, ROOT_KEY, code, reason};
use crate::emulated::{Caller, ONE, TWO, cloud};
use crate::emulator::MANAGEMENT;

const ROLE: &str = "arn:aws:iam::000000000001:role/OrganizationAccountAccessRole";
const DAYS_90: u64 = 90 * 24 * 60 * 60 * 1000;

async fn close(cloud: &LocalCloud, id: &str) -> (u16, Value) {
    cloud.organizations("CloseAccount", json!({"AccountId": id})).await
}

/// `State` and `Status`.
async fn states(cloud: &LocalCloud, id: &str) -> (Value, Value) {
    let mut account = cloud.account(id).await;
    (account["State"].take(), account["Status"].take())
}

fn both(state: &str, status: &str) -> (Value, Value) {
    (json!(state), json!(status))
}

#[tokio::test]
async fn closed_account_passes_through_its_states() {
    let cloud = cloud().await;
    assert_eq!(states(&cloud, ONE).await, both("ACTIVE", "ACTIVE"));
    assert_eq!(close(&cloud, ONE).await, (200, json!({})));
    assert_eq!(states(&cloud, ONE).await, both("PENDING_CLOSURE", "PENDING_CLOSURE"));
    cloud.advance(1_000);
    assert_eq!(states(&cloud, ONE).await, both("CLOSED", "SUSPENDED"));
    for list in ["ListAccounts", "ListAccountsForParent"] {
        let (_, listed) = cloud.organizations(list, json!({"ParentId": "r-root"})).await;
        assert_eq!((&listed["Accounts"][1]["Id"], &listed["Accounts"][1]["State"]), (&json!(ONE), &json!("CLOSED")));
    }

    cloud.advance(DAYS_90);
    assert_eq!(cloud.code_of("DescribeAccount", ONE).await, "AccountNotFoundException");
    for list in ["ListAccounts", "ListAccountsForParent", "ListChildren"] {
        let (_, listed) = cloud.organizations(list, json!({"ParentId": "r-root"})).await;
        assert!(!listed.to_string().contains(ONE) && listed.to_string().contains(TWO), "{list}: {listed}");
    }
    let parents = cloud.organizations("ListParents", json!({"ChildId": ONE})).await;
    assert_eq!(code(&parents), "ChildNotFoundException");
}

#[tokio::test]
async fn management_account_cannot_be_closed() {
    let cloud = cloud().await;
    let rejected = close(&cloud, MANAGEMENT).await;
    assert_eq!(reason(&rejected), ("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"));
    assert_eq!(code(&close(&cloud, "999999999999").await), "AccountNotFoundException");
}

#[tokio::test]
async fn second_closure_is_rejected() {
    let cloud = cloud().await;
    close(&cloud, ONE).await;
    assert_eq!(code(&close(&cloud, ONE).await), "ConflictException");
    cloud.advance(1_000);
    assert_eq!(code(&close(&cloud, ONE).await), "AccountAlreadyClosedException");
}

#[tokio::test]
async fn closures_beyond_the_limits_are_rejected() {
    let cloud = cloud().await;
    let closures = Closures { max_pending: Some(1), max_in_30_days: Some(2), ..Closures::default() };
    cloud.strict.set_closures(&closures).await.unwrap();
    cloud.create("three@example.com").await;
    close(&cloud, ONE).await;
    let rejected = close(&cloud, TWO).await;
    assert_eq!(reason(&rejected), ("ConstraintViolationException", "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED"));
    cloud.advance(1_000);
    assert_eq!(close(&cloud, TWO).await.0, 200);
    cloud.advance(1_000);
    let rejected = close(&cloud, "000000000003").await;
    assert_eq!(reason(&rejected), ("ConstraintViolationException", "CLOSE_ACCOUNT_QUOTA_EXCEEDED"));
    cloud.advance(DAYS_90 / 3);
    assert_eq!(close(&cloud, "000000000003").await.0, 200);
}

#[tokio::test]
async fn account_is_usable_until_it_is_closed() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let assume = async || cloud.try_assume(ROOT_KEY, ROLE, "").await;
    let list = async || one.query("iam", "Action=ListRoles").await;
    close(&cloud, ONE).await;
    assert_eq!((assume().await.0, list().await.0), (200, 200));
    cloud.advance(1_000);
    let (status, denied) = assume().await;
    assert!(status == 403 && denied.contains("<Code>AccessDenied</Code>") && !denied.contains("because"), "{denied}");
    let (status, rejected) = list().await;
    assert!(status == 403 && rejected.contains("<Code>InvalidClientTokenId</Code>"), "{rejected}");
}

/// AWS documents no error of MoveAccount or TagResource for closed accounts, and organizations move them to a separate
/// OU (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_MoveAccount.html>).
#[tokio::test]
async fn closed_account_can_be_moved_and_tagged() {
    let cloud = cloud().await;
    close(&cloud, ONE).await;
    cloud.advance(1_000);
    let to = json!({"AccountId": ONE, "SourceParentId": "r-root", "DestinationParentId": "ou-closed"});
    assert_eq!(cloud.organizations("MoveAccount", to).await.0, 200);
    let tag = json!({"ResourceId": ONE, "Tags": [{"Key": "closed", "Value": "by us"}]});
    assert_eq!(cloud.organizations("TagResource", tag).await.0, 200);
}

#[tokio::test]
async fn suspended_account_is_unusable() {
    let cloud = cloud().await;
    for (state, shown, is_usable) in [
        (AccountState::Suspended, both("SUSPENDED", "SUSPENDED"), false),
        (AccountState::PendingActivation, both("PENDING_ACTIVATION", "SUSPENDED"), false),
        (AccountState::Closed, both("CLOSED", "SUSPENDED"), false),
        (AccountState::Active, both("ACTIVE", "ACTIVE"), true),
    ] {
        cloud.strict.set_account_state(ONE, state).await.unwrap();
        assert_eq!(states(&cloud, ONE).await, shown);
        assert_eq!(cloud.try_assume(ROOT_KEY, ROLE, "").await.0 == 200, is_usable, "{state:?}");
    }
    cloud.strict.set_account_state(ONE, AccountState::PermanentlyClosed).await.unwrap();
    assert_eq!(cloud.code_of("DescribeAccount", ONE).await, "AccountNotFoundException");
}

#[tokio::test]
async fn reopened_account_can_be_closed_again() {
    let cloud = cloud().await;
    close(&cloud, ONE).await;
    cloud.advance(1_000);
    cloud.strict.set_account_state(ONE, AccountState::Active).await.unwrap();
    assert_eq!(close(&cloud, ONE).await.0, 200);
    assert_eq!(states(&cloud, ONE).await, both("PENDING_CLOSURE", "PENDING_CLOSURE"));
}
