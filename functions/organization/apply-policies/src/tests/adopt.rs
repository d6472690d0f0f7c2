//! Policies of others.

use super::*;

fn adopting(id: &str) -> Value {
    let mut wanted = manifest(&[], &["guardrail"]);
    wanted["policies"]["guardrail"]["adopt"] = id.into();
    wanted
}

#[tokio::test]
async fn policy_of_the_same_name_is_a_blocker_until_it_is_adopted() {
    let (world, bucket) = (World::new(), Bucket::default());
    world.add_policy("p-12345678", "guardrail", &["ou-w"]);
    let blocked = plan(&bucket, &world, &manifest(&[], &["guardrail"]), &DOCUMENTS).await;
    assert_eq!(blocked.blockers[0].pointer, "/policies/guardrail");
    assert!(blocked.blockers[0].remedy.contains("adopt: p-12345678"), "{}", blocked.blockers[0].remedy);
    let report = applied(&world, &adopting("p-12345678")).await;
    assert_eq!(names(&report), ["policy guardrail:adopt", "policy opt-out:content"]);
    assert_eq!(world.policy("guardrail").unwrap().tag.as_deref(), Some("account-vending/guardrail"));
}

#[tokio::test]
async fn adopted_policy_gets_the_name_of_the_manifest() {
    let world = World::new();
    world.add_policy("p-12345678", "Former name", &["ou-w"]);
    let report = applied(&world, &adopting("p-12345678")).await;
    assert_eq!(names(&report), ["policy guardrail:adopt", "policy guardrail:name", "policy opt-out:content"]);
    assert_eq!(applied(&world, &adopting("p-12345678")).await.changes, []);
}

#[tokio::test]
async fn policies_of_aws_cannot_be_adopted() {
    let (world, bucket) = (World::new(), Bucket::default());
    world.add_policy("p-87654321", "aws-guardrails-abcdef", &["ou-w"]);
    for id in ["p-full1234", "p-87654321", "p-11111111"] {
        let plan = plan(&bucket, &world, &adopting(id), &DOCUMENTS).await;
        assert_eq!(plan.blockers[0].pointer, "/policies/guardrail/adopt", "{id}");
    }
}

#[tokio::test]
async fn policies_of_others_are_left_alone() {
    let world = World::new();
    world.add_policy("p-other", "other", &["ou-w", "r-root"]);
    world.state().policies.get_mut("p-other").unwrap().tag = Some("another-deployment/other".to_owned());
    let before = format!("{:?}", world.policy("other"));
    applied(&world, &manifest(&["guardrail"], &["guardrail"])).await;
    assert_eq!(format!("{:?}", world.policy("other")), before);
}
