//! The quota of accounts.

use super::world::OWN;
use super::*;

async fn notes(world: &World, core_accounts: &[&str]) -> Vec<String> {
    let plan = plan_of(&Bucket::default(), world, &manifest(core_accounts)).await;
    let notes = plan.notes.into_iter().filter(|note| note.link.as_deref() == Some(AccountQuotas::CONSOLE));
    notes.map(|note| note.message).collect()
}

fn world(quota: u32, accounts: &[&'static str]) -> World {
    let world = World::with(OWN, OrganizationFeatureSet::All);
    world.state().accounts.extend(accounts);
    world.state().quota = Some(quota);
    world
}

#[tokio::test]
async fn quota_below_the_core_accounts_is_a_note() {
    for (quota, is_noted) in [(3, true), (4, false)] {
        let found = notes(&world(quota, &["other"]), &["Log", "Audit"]).await;
        assert_eq!(found.len(), usize::from(is_noted), "{quota}");
    }
}

#[tokio::test]
async fn new_organization_has_one_account() {
    let world = World::without_organization();
    for (quota, is_noted) in [(2, true), (3, false)] {
        world.state().quota = Some(quota);
        let found = notes(&world, &["Log", "Audit"]).await;
        assert_eq!(found.len(), usize::from(is_noted), "{quota}");
    }
    assert_eq!(world.state().account_lists, 0);
}

#[tokio::test]
async fn core_accounts_that_exist_count_once() {
    let found = notes(&world(3, &["log", "other"]), &["Log", "Audit"]).await;
    assert!(found[0].contains("needs 4: 3 for accounts that exist, and 1 for"), "{found:?}");
    assert_eq!(notes(&world(3, &["log", "audit", "other"]), &["Log", "Audit"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn accounts_are_counted_only_for_small_quotas() {
    for (quota, core_accounts, lists) in [(101, ["Log"].as_slice(), 0), (1, &[], 0), (100, &["Log"], 1)] {
        let world = world(quota, &["other"]);
        notes(&world, core_accounts).await;
        assert_eq!(world.state().account_lists, lists, "{quota}");
    }
}

#[tokio::test]
async fn quota_that_cannot_be_read_is_not_needed() {
    let world = world(1, &[]);
    world.state().quota = None;
    assert_eq!(notes(&world, &["Log"]).await, Vec::<String>::new());
}
