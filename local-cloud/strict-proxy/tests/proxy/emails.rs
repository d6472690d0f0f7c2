//! Changes of the primary email of an account.

use local_cloud::strict::{AccountState, StrictError};
use serde_json::json;

use crate::emulated::{ONE, TWO, cloud};

#[tokio::test]
async fn changed_email_is_taken_and_old_one_is_free() {
    let cloud = cloud().await;
    cloud.strict.change_email(ONE, "New@example.com").await.unwrap();
    assert_eq!(cloud.account(ONE).await["Email"], "New@example.com");
    let (_, listed) = cloud.organizations("ListAccounts", json!({})).await;
    assert_eq!(listed["Accounts"][1]["Email"], "New@example.com");

    let taken = cloud.create("new@example.com").await;
    assert_eq!(cloud.creation(&taken).await["FailureReason"], "EMAIL_ALREADY_EXISTS");
    let free = cloud.create("one@example.com").await;
    assert_eq!(cloud.creation(&free).await["State"], "SUCCEEDED");
}

#[tokio::test]
async fn email_of_another_account_is_rejected() {
    let cloud = cloud().await;
    let rejected = cloud.strict.change_email(ONE, "TWO@example.com").await.unwrap_err();
    assert!(matches!(&rejected, StrictError::Rejected { status, .. } if status.as_u16() == 409), "{rejected:?}");
    assert!(cloud.strict.change_email("999999999999", "any@example.com").await.is_err());
    assert_eq!(cloud.account(ONE).await["Email"], "one@example.com");
    cloud.strict.change_email(ONE, "ONE@example.com").await.unwrap();
    assert_eq!(cloud.account(TWO).await["Email"], "two@example.com");
}

#[tokio::test]
async fn email_of_gone_account_stays_taken() {
    let cloud = cloud().await;
    cloud.strict.set_account_state(ONE, AccountState::PermanentlyClosed).await.unwrap();
    let creation = cloud.create("one@example.com").await;
    assert_eq!(cloud.creation(&creation).await["FailureReason"], "EMAIL_ALREADY_EXISTS");
}
