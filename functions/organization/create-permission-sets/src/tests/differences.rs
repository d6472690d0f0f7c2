//! Permission sets that are not as the manifest wants them.

use super::*;

type Drift = fn(&mut Set);

#[tokio::test]
async fn drift_is_put_back() {
    let cases: [(Drift, &[&str]); 7] = [
        (|set| set.description = Some("other".to_owned()), &["description"]),
        (|set| set.session = "PT12H".to_owned(), &["session"]),
        (|set| set.session = "P1D".to_owned(), &["session"]),
        (|set| set.policies.clear(), &["policyArns.arn:aws:iam::aws:policy/SecurityAudit"]),
        (|set| set.policies.extend([READ.to_owned()]), &["policyArns.arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        (|set| set.inline_policy = None, &["inlinePolicy"]),
        (|set| set.inline_policy = Some("{".to_owned()), &["inlinePolicy"]),
    ];
    for (drift, expected) in cases {
        let world = World::new();
        applied(&world, &sample()).await;
        let before = world.set("Auditor");
        world.change("Auditor", drift);
        let expected: Vec<String> = expected.iter().map(|field| format!("permission set Auditor:{field}")).collect();
        assert_eq!(names(&applied(&world, &sample()).await), expected);
        assert_eq!(world.set("Auditor"), before);
    }
}

#[tokio::test]
async fn form_of_stored_values_does_not_matter() {
    let world = World::new();
    applied(&world, &sample()).await;
    world.change("Auditor", |set| {
        set.session = "PT240M".to_owned();
        set.inline_policy = Some(INLINE.to_owned());
    });
    assert_eq!(applied(&world, &sample()).await.changes, []);
}

#[tokio::test]
async fn what_the_manifest_cannot_have_is_kept() {
    let world = World::new();
    applied(&world, &sample()).await;
    world.change("Reader", |set| {
        set.description = Some("by hand".to_owned());
        set.relay_state = Some("https://console.aws.amazon.com/s3".to_owned());
        set.customer_managed = vec!["Ours".to_owned()];
        set.session = "PT2H".to_owned();
    });
    let report = applied(&world, &sample()).await;
    assert_eq!(names(&report), ["permission set Reader:session"]);
    assert!(notes(&report)[0].ends_with("leaves alone: Ours"), "{:?}", report.notes);
    let reader = world.set("Reader").unwrap();
    assert_eq!((reader.description.as_deref(), reader.session.as_str()), (Some("by hand"), "PT1H"));
    assert_eq!(reader.relay_state.as_deref(), Some("https://console.aws.amazon.com/s3"));
    assert_eq!(reader.customer_managed, ["Ours"]);
}

#[tokio::test]
async fn policies_are_detached_before_others_are_attached() {
    let world = World::new();
    applied(&world, &sample()).await;
    applied(&world, &with_sets(&json!({ "Auditor": auditor(), "Reader": { "policyArns": [AUDIT] } }))).await;
    let writes = world.state().writes.clone();
    assert_eq!(writes[writes.len() - 2..], ["DetachManagedPolicy Reader", "AttachManagedPolicy Reader"]);
}

#[tokio::test]
async fn unprovisioned_set_is_changed_without_a_guard() {
    let (world, bucket) = (World::new(), Bucket::default());
    applied(&world, &sample()).await;
    let wider = json!({ "policyArns": [READ, AUDIT], "inlinePolicy": "inline.json", "session": "PT8H" });
    let plan = plan(&bucket, &world, &with_sets(&json!({ "Auditor": auditor(), "Reader": wider }))).await;
    assert_eq!((plan.changes.len(), guarded(&plan)), (3, vec![]));
    run(&bucket, &world).await.unwrap();
    assert!(world.state().provisionings.is_empty());
}
