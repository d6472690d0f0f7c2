//! Tag rules and tag policies.

use local_cloud::strict::TagPolicy;
use serde_json::{Value, json};

use crate::cloud::{LocalCloud, reason};
use crate::emulated::{ONE, cloud};

async fn create(cloud: &LocalCloud, tags: &Value) -> (u16, Value) {
    let account = json!({"AccountName": "a", "Email": "tagged@example.com", "Tags": tags});
    cloud.organizations("CreateAccount", account).await
}

async fn tag(cloud: &LocalCloud, tags: &Value) -> (u16, Value) {
    cloud.organizations("TagResource", json!({"ResourceId": ONE, "Tags": tags})).await
}

fn tags(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn numbered(count: usize) -> Value {
    (0..count).map(|number| json!({"Key": format!("k{number}"), "Value": ""})).collect()
}

#[tokio::test]
async fn invalid_tags_are_rejected() {
    let cloud = cloud().await;
    for (pairs, expected) in [
        (tags(&[("ok", ""), ("a&b", "")]), "INVALID_PATTERN"),
        (tags(&[("k", "e\u{301}")]), "INVALID_PATTERN"),
        (tags(&[(&"k".repeat(129), "")]), "MAX_LENGTH_EXCEEDED"),
        (tags(&[("k", &"v".repeat(257))]), "MAX_LENGTH_EXCEEDED"),
        (tags(&[("", "")]), "MIN_LENGTH_EXCEEDED"),
        (tags(&[("k", "1"), ("k", "2")]), "DUPLICATE_TAG_KEY"),
        (tags(&[("AWS:k", "")]), "INVALID_SYSTEM_TAGS_PARAMETER"),
        (json!([{"Key": "k", "Value": null}]), "INPUT_REQUIRED"),
    ] {
        for rejected in [create(&cloud, &pairs).await, tag(&cloud, &pairs).await] {
            assert_eq!(reason(&rejected), ("InvalidInputException", expected), "{pairs}");
        }
    }
    assert_eq!(cloud.accounts(), 3);
    let untag = json!({"ResourceId": ONE, "TagKeys": ["aws:k"]});
    let rejected = cloud.organizations("UntagResource", untag).await;
    assert_eq!(reason(&rejected).1, "INVALID_SYSTEM_TAGS_PARAMETER");
}

#[tokio::test]
async fn fifty_tags_fit_and_one_more_does_not() {
    let cloud = cloud().await;
    let rejected = create(&cloud, &numbered(51)).await;
    assert_eq!(reason(&rejected), ("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED"));
    assert_eq!(tag(&cloud, &numbered(50)).await.0, 200);
    let rejected = tag(&cloud, &tags(&[("one more", "")])).await;
    assert_eq!(reason(&rejected), ("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED"));
    assert_eq!(tag(&cloud, &tags(&[("k0", "changed")])).await.0, 200);
}

#[tokio::test]
async fn tags_against_a_tag_policy_are_rejected() {
    let cloud = cloud().await;
    let policy = cloud.strict.add_tag_policy(&TagPolicy::new("CostCenter", &["100", "300*"])).await.unwrap();
    for pairs in [tags(&[("CostCenter", "200")]), tags(&[("costcenter", "100")])] {
        for rejected in [create(&cloud, &pairs).await, tag(&cloud, &pairs).await] {
            assert_eq!(reason(&rejected), ("ConstraintViolationException", "TAG_POLICY_VIOLATION"), "{pairs}");
        }
    }
    let message = "The tag policy does not allow the specified value for the following tag key: 'CostCenter'.";
    assert_eq!(tag(&cloud, &tags(&[("CostCenter", "1")])).await.1["Message"], message);
    assert_eq!(tag(&cloud, &tags(&[("CostCenter", "3001"), ("Other", "any")])).await.0, 200);

    cloud.strict.remove_tag_policy(policy).await.unwrap();
    assert_eq!(tag(&cloud, &tags(&[("CostCenter", "200")])).await.0, 200);
    assert!(cloud.strict.remove_tag_policy(policy).await.is_err());
}
