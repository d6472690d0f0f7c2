//! The contents of policies.

use super::*;

fn other(action: &str) -> String {
    DENY.replace("s3:DeleteBucket", action)
}

#[tokio::test]
async fn changed_document_is_updated_and_guarded_over_accounts() {
    let (world, bucket) = (World::new(), Bucket::default());
    applied(&world, &manifest(&[], &["guardrail"])).await;
    world.add_account("ou-w", "111111111111");
    let text = other("s3:DeleteObject");
    let documents = [("policies/guardrail.json", text.as_str()), DOCUMENTS[1]];
    let plan = plan(&bucket, &world, &manifest(&[], &["guardrail"]), &documents).await;
    assert_eq!(guarded(&plan), ["policy guardrail:content"]);
    assert_eq!(plan.changes[0].from["Statement"][0]["Action"], "s3:DeleteBucket");
    assert_eq!(plan.changes[0].to["Statement"][0]["Action"], "s3:DeleteObject");
    allow(&bucket, &["policy guardrail:content"]);
    run(&bucket, &world).await.unwrap();
    assert!(world.policy("guardrail").unwrap().content.contains("s3:DeleteObject"));
}

#[tokio::test]
async fn content_that_was_changed_by_hand_is_put_back() {
    let world = World::new();
    applied(&world, &manifest(&[], &["guardrail"])).await;
    world.state().policies.get_mut("p-guardrail").unwrap().content = other("s3:GetObject");
    let report = applied(&world, &manifest(&[], &["guardrail"])).await;
    assert_eq!(names(&report), ["policy guardrail:content"]);
    assert!(world.policy("guardrail").unwrap().content.contains("s3:DeleteBucket"));
}

#[tokio::test]
async fn format_of_the_stored_content_does_not_matter() {
    let (world, bucket) = (World::new(), Bucket::default());
    applied(&world, &manifest(&[], &["guardrail"])).await;
    DENY.clone_into(&mut world.state().policies.get_mut("p-guardrail").unwrap().content);
    assert_eq!(plan(&bucket, &world, &manifest(&[], &["guardrail"]), &DOCUMENTS).await.changes, []);
}

#[tokio::test]
async fn document_that_cannot_be_used_is_a_blocker() {
    for (document, expected) in [
        (r#"{ "Version": "2012-10-17" }"#, "Statement"),
        (
            r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "s3:*", "Resource": "{{trailName}}" }] }"#,
            "trail.name",
        ),
    ] {
        let (world, bucket) = (World::new(), Bucket::default());
        let documents = [("policies/guardrail.json", document), DOCUMENTS[1]];
        let plan = plan(&bucket, &world, &manifest(&[], &["guardrail"]), &documents).await;
        assert_eq!(plan.blockers[0].pointer, "/policies/guardrail");
        assert!(plan.blockers[0].detail.contains(expected), "{}", plan.blockers[0].detail);
    }
}

#[tokio::test]
async fn policy_whose_case_fails_is_a_blocker() {
    let (world, bucket) = (World::new(), Bucket::default());
    let cases = "why: a\nbreaks: b\ncases:\n  - { who: engineer, does: s3:DeleteBucket, is: allowed, because: they clean up }\n";
    let documents = [DOCUMENTS[0], DOCUMENTS[1], ("policies/guardrail.cases.yaml", cases)];
    let plan = plan(&bucket, &world, &manifest(&[], &["guardrail"]), &documents).await;
    assert_eq!(plan.blockers.len(), 1);
    assert!(plan.blockers[0].detail.contains("they clean up"), "{}", plan.blockers[0].detail);
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(world.state().writes, Vec::<String>::new());
}
