//! Forwarding and recording of calls.

use serde_json::json;

use crate::cloud::{LocalCloud, ROOT_KEY};

#[tokio::test]
async fn calls_are_forwarded_unchanged_and_recorded() {
    let cloud = LocalCloud::start().await;
    let (status, _) = cloud.query(ROOT_KEY, "iam", "Action=ListRoles&PathPrefix=a%20b").await.unwrap();
    assert_eq!(status, 200);
    cloud.query(ROOT_KEY, "sns", "Action=Publish&Message=m").await.unwrap();

    let seen = cloud.seen();
    assert_eq!((seen[0].emulator, seen[1].emulator), ("aws", "platform"));
    assert_eq!((seen[0].path.as_str(), seen[0].body.as_str()), ("/", "Action=ListRoles&PathPrefix=a%20b"));

    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert_eq!((calls[0].sequence, calls[0].service.as_str(), calls[0].operation.as_str()), (1, "iam", "ListRoles"));
    assert_eq!(calls[0].parameters, json!({"PathPrefix": "a b"}));
    assert_eq!((calls[0].status, calls[0].account.as_str()), (Some(200), "123456789012"));
    assert_eq!((calls[0].role_arn.as_deref(), calls[0].function.as_deref()), (None, None));
    assert_eq!(cloud.strict.calls_since(1).await.unwrap(), calls[1..]);
    cloud.strict.clear_calls().await.unwrap();
    assert_eq!(cloud.strict.calls_since(0).await.unwrap(), []);
}

#[tokio::test]
async fn session_account_and_role_are_recorded() {
    let cloud = LocalCloud::start().await;
    let key = cloud.assume(ROOT_KEY, "arn:aws:iam::111111111111:role/Admin", "").await;
    cloud.query(&key, "iam", "Action=CreateRole").await.unwrap();
    let calls = cloud.strict.calls_since(1).await.unwrap();
    assert_eq!(calls[0].account, "111111111111");
    assert_eq!(calls[0].role_arn.as_deref(), Some("arn:aws:iam::111111111111:role/Admin"));
    assert_eq!(calls[0].session_name.as_deref(), Some("vend"));
    assert!(["111111111111", "vend"].into_iter().all(|text| calls[0].mentions(text)));
    assert!(!calls[0].mentions("123456789012"));
}
