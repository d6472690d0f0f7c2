//! Where policies are attached, and what needs a word.

use super::*;

#[tokio::test]
async fn new_policies_are_created_and_attached() {
    let (world, bucket) = (World::new(), Bucket::default());
    let plan = plan(&bucket, &world, &manifest(&[], &["guardrail"]), &DOCUMENTS).await;
    assert_eq!(names(&plan), ["Workloads:policies.guardrail", "policy guardrail:content", "policy opt-out:content"]);
    assert_eq!(guarded(&plan), Vec::<String>::new());
    assert_eq!(world.state().writes, Vec::<String>::new());
    run(&bucket, &world).await.unwrap();
    assert_eq!(world.targets("guardrail"), ["ou-w"]);
    let policy = world.policy("guardrail").unwrap();
    assert_eq!(policy.tag.as_deref(), Some("account-vending/guardrail"));
    assert!(!policy.content.contains(' '), "{}", policy.content);
}

#[tokio::test]
async fn second_run_changes_nothing() {
    let world = World::new();
    let wanted = manifest(&["guardrail"], &["opt-out"]);
    applied(&world, &wanted).await;
    let writes = world.state().writes.len();
    let again = applied(&world, &wanted).await;
    assert_eq!(again.changes, []);
    assert_eq!(world.state().writes.len(), writes);
}

#[tokio::test]
async fn policy_over_existing_accounts_must_be_allowed() {
    let (world, bucket) = (World::new(), Bucket::default());
    world.add_account("ou-p", "111111111111");
    let plan = plan(&bucket, &world, &manifest(&[], &["guardrail"]), &DOCUMENTS).await;
    assert_eq!(guarded(&plan), ["Workloads:policies.guardrail"]);
    let attachment = plan.changes.iter().find(|change| change.is_guarded()).unwrap();
    let reach = attachment.reach.as_ref().unwrap();
    assert_eq!((reach.organizational_units.as_slice(), reach.accounts), (["Workloads".to_owned()].as_slice(), 1));
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(world.state().writes, Vec::<String>::new());
}

/// SCPs do not bind the management account; management policies do.
#[tokio::test]
async fn management_account_is_named_if_it_is_bound() {
    let (world, bucket) = (World::new(), Bucket::default());
    let plan = plan(&bucket, &world, &manifest(&["guardrail", "opt-out"], &[]), &DOCUMENTS).await;
    assert_eq!(guarded(&plan), ["root:policies.opt-out"]);
    let attachment = plan.changes.iter().find(|change| change.is_guarded()).unwrap();
    assert!(attachment.why.as_ref().unwrap().contains("the management account"));
    assert_eq!(attachment.reach.as_ref().unwrap().accounts, 1);
}

#[tokio::test]
async fn policy_is_attached_to_its_new_place_before_it_is_detached() {
    let world = World::new();
    applied(&world, &manifest(&["guardrail"], &[])).await;
    world.state().writes.clear();
    let moved = applied(&world, &manifest(&[], &["guardrail"])).await;
    assert_eq!(names(&moved), ["Workloads:policies.guardrail", "root:policies.guardrail"]);
    assert_eq!(world.state().writes, ["attach p-guardrail ou-w", "detach p-guardrail r-root"]);
}

#[tokio::test]
async fn attachment_by_hand_is_undone() {
    let (world, bucket) = (World::new(), Bucket::default());
    applied(&world, &manifest(&[], &["guardrail"])).await;
    world.add_account("ou-p", "111111111111");
    for target in ["ou-p", "111111111111"] {
        world.state().policies.get_mut("p-guardrail").unwrap().targets.insert(target.to_owned());
    }
    let plan = plan(&bucket, &world, &manifest(&[], &["guardrail"]), &DOCUMENTS).await;
    let expected = ["Production (ou-p):policies.guardrail", "account 111111111111 (an account):policies.guardrail"];
    assert_eq!(names(&plan), expected);
    assert_eq!(guarded(&plan).len(), 2);
}

#[tokio::test]
async fn policy_that_left_the_manifest_is_detached_and_deleted() {
    let world = World::new();
    applied(&world, &manifest(&["guardrail"], &["guardrail"])).await;
    world.state().writes.clear();
    let mut smaller = manifest(&[], &[]);
    smaller["policies"].as_object_mut().unwrap().remove("guardrail");
    applied(&world, &smaller).await;
    assert_eq!(world.policy("guardrail").map(|policy| policy.name), None);
    assert_eq!(world.state().writes.last().map(String::as_str), Some("delete p-guardrail"));
}

#[tokio::test]
async fn place_without_room_is_a_blocker() {
    let (world, bucket) = (World::new(), Bucket::default());
    for number in 0..9 {
        world.add_policy(&format!("p-other{number}"), &format!("other{number}"), &["ou-w"]);
    }
    let plan = plan(&bucket, &world, &manifest(&[], &["guardrail"]), &DOCUMENTS).await;
    assert_eq!(plan.blockers[0].pointer, "/root/organizationalUnits/Workloads/policies");
    assert!(plan.blockers[0].detail.contains("AWS allows 9 of type scp at Workloads, 9 are attached (other0, "));
}

#[tokio::test]
async fn policies_of_a_unit_that_a_run_creates_are_planned() {
    let (world, bucket) = (World::new(), Bucket::default());
    let mut wanted = manifest(&[], &[]);
    wanted["root"]["organizationalUnits"]["New"] = json!({ "policies": ["guardrail"] });
    let plan = plan(&bucket, &world, &wanted, &DOCUMENTS).await;
    assert!(names(&plan).contains(&"New:policies.guardrail".to_owned()));
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "NotReady");
}
