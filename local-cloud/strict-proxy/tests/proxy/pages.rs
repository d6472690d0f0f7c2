//! Empty pages in the lists of Organizations.

use local_cloud::strict::Pages;
use serde_json::{Value, json};
use strict_proxy::Config;

use crate::cloud::{LocalCloud, code};
use crate::emulated::cloud;

const ALWAYS: Pages = Pages { empty_share: 1.0, seed: None };

#[tokio::test]
async fn each_list_has_an_empty_page_before_a_full_one() {
    let cloud = cloud().await;
    cloud.strict.set_pages(&ALWAYS).await.unwrap();
    for (operation, field) in [
        ("ListAccounts", "Accounts"),
        ("ListAccountsForParent", "Accounts"),
        ("ListChildren", "Children"),
        ("ListCreateAccountStatus", "CreateAccountStatuses"),
        ("ListParents", "Parents"),
        ("ListRoots", "Roots"),
    ] {
        let mut parameters = json!({"ParentId": "r-root", "ChildId": "000000000001"});
        let (_, empty) = cloud.organizations(operation, parameters.clone()).await;
        assert_eq!(empty[field], json!([]), "{operation}");
        parameters["NextToken"] = empty["NextToken"].clone();
        let (_, full) = cloud.organizations(operation, parameters).await;
        assert!(!full[field].as_array().unwrap().is_empty(), "{operation}: {full}");
        assert_eq!(full["NextToken"], Value::Null, "{operation}");
    }
}

#[tokio::test]
async fn list_continues_after_an_empty_page() {
    let cloud = cloud().await;
    let page = async |token: &Value| {
        let mut parameters = json!({"MaxResults": 1});
        if !token.is_null() {
            parameters["NextToken"] = token.clone();
        }
        cloud.organizations("ListCreateAccountStatus", parameters).await.1
    };
    let first = page(&Value::Null).await;
    cloud.strict.set_pages(&ALWAYS).await.unwrap();
    let empty = page(&first["NextToken"]).await;
    assert_eq!(empty["CreateAccountStatuses"], json!([]));
    let second = page(&empty["NextToken"]).await;
    assert_eq!(second["CreateAccountStatuses"][0]["AccountId"], "000000000002");
}

#[tokio::test]
async fn errors_are_not_replaced_by_empty_pages() {
    let cloud = cloud().await;
    cloud.strict.set_pages(&ALWAYS).await.unwrap();
    assert_eq!(cloud.account("000000000001").await["Email"], "one@example.com");
    cloud.organizations("RemoveAccountFromOrganization", json!({"AccountId": "000000000001"})).await;
    let parents = cloud.organizations("ListParents", json!({"ChildId": "000000000001"})).await;
    assert_eq!(code(&parents), "ChildNotFoundException");
}

/// Which of 50 lists had an empty page.
async fn drawn(cloud: &LocalCloud) -> Vec<bool> {
    let mut drawn = Vec::new();
    for _ in 0..50 {
        drawn.push(cloud.organizations("ListAccounts", json!({})).await.1["NextToken"].is_string());
    }
    drawn
}

#[tokio::test]
async fn empty_pages_repeat_with_their_seed() {
    let (one, other) = (cloud().await, cloud().await);
    assert!(!drawn(&one).await.contains(&true));
    for cloud in [&one, &other] {
        cloud.strict.set_pages(&Pages { empty_share: 0.5, seed: Some(1) }).await.unwrap();
    }
    let first = drawn(&one).await;
    assert!(first.contains(&true) && first.contains(&false));
    assert_eq!(first, drawn(&other).await);
}

#[tokio::test]
async fn realistic_proxy_has_empty_pages() {
    let cloud = LocalCloud::start_with(|config| Config { realistic: true, ..config }).await;
    cloud.strict.set_throttling(&local_cloud::strict::Throttling::default()).await.unwrap();
    let drawn = [drawn(&cloud).await, drawn(&cloud).await, drawn(&cloud).await].concat();
    assert!(drawn.contains(&true), "{drawn:?}");
}
