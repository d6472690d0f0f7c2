//! The alternate contacts.

use super::*;

fn person(title: &str) -> Value {
    json!({ "name": "Ada Lovelace", "title": title, "email": format!("{title}@example.com"), "phone": "+44 20 7946 0000" })
}

fn contacts(contacts: &Value) -> Value {
    json!({ "managementAccount": { "contacts": contacts } })
}

#[tokio::test]
async fn missing_contacts_are_set() {
    let world = World::default();
    let report = applied(&world, &contacts(&json!({ "security": person("soc"), "billing": person("finance") }))).await;
    let changes = by_name(&report.changes);
    assert_eq!(
        changes.keys().collect::<Vec<_>>(),
        ["management account:contacts.billing", "management account:contacts.security"]
    );
    assert!(changes["management account:contacts.security"].starts_with("null → {"), "{changes:?}");
    assert_eq!(world.contact("SECURITY").unwrap(), person("soc"));
    assert_eq!(world.writes(), ["PutAlternateContact SECURITY", "PutAlternateContact BILLING"]);
}

#[tokio::test]
async fn contact_that_was_changed_is_set_again() {
    let world = World::default();
    let wanted = contacts(&json!({ "operations": person("ops") }));
    applied(&world, &wanted).await;
    world.set_contact("OPERATIONS", &person("guest"));
    world.set_contact("SECURITY", &person("theirs"));
    let report = applied(&world, &wanted).await;
    assert_eq!((report.changes[0].from.clone(), report.changes[0].to.clone()), (person("guest"), person("ops")));
    assert_eq!(world.contact("SECURITY").unwrap(), person("theirs"));
}

#[tokio::test]
async fn contact_that_differs_in_case_is_kept() {
    let world = World::default();
    let mut known = person("soc");
    known["email"] = " SOC@example.com".into();
    world.set_contact("SECURITY", &known);
    let report = plan(&Bucket::default(), &world, &contacts(&json!({ "security": person("soc") }))).await;
    assert_eq!(report.changes, []);
}

#[tokio::test]
async fn change_after_the_plan_stops_the_run() {
    let (world, bucket) = (World::default(), Bucket::default());
    plan(&bucket, &world, &contacts(&json!({ "security": person("soc") }))).await;
    world.set_contact("SECURITY", &person("theirs"));
    assert_eq!(run(&bucket, &world).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(world.contact("SECURITY").unwrap(), person("theirs"));
}

#[tokio::test]
async fn rejected_contact_error_names_only_fields() {
    let (world, bucket) = (World::default(), Bucket::default());
    plan(&bucket, &world, &contacts(&json!({ "security": person("soc") }))).await;
    world.fail("PutAlternateContact", "ValidationException");
    let (code, message) = run(&bucket, &world).await.unwrap_err();
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("AWS rejected fields of it (phoneNumber)"), "{message}");
    assert!(message.contains("correct managementAccount.contacts.security"), "{message}");
    assert!(!message.contains("Ada"), "{message}");
}

#[tokio::test]
async fn throttled_and_denied_calls_keep_their_meaning() {
    for (operation, code, expected) in [
        ("GetAlternateContact", "TooManyRequestsException", "Throttled"),
        ("GetAlternateContact", "AccessDeniedException", "AccessDenied"),
        ("PutAlternateContact", "TooManyRequestsException", "Throttled"),
        ("PutAlternateContact", "InternalServerException", "ServiceUnavailable"),
        ("GetAccountSummary", "ServiceFailure", "ServiceUnavailable"),
    ] {
        let (world, bucket) = (World::default(), Bucket::default());
        plan(&bucket, &world, &contacts(&json!({ "security": person("soc") }))).await;
        world.fail(operation, code);
        assert_eq!(run(&bucket, &world).await.unwrap_err().0, expected, "{operation}: {code}");
    }
}
