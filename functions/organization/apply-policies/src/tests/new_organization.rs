//! Plans without an organization, and the runs that follow its creation.

use super::*;

/// The manifest with a policy that names the organization, and one that binds the management account.
fn manifest_and_documents() -> (Value, Vec<(&'static str, &'static str)>) {
    let mut wanted = manifest(&["guardrail", "perimeter", "opt-out"], &["guardrail"]);
    wanted["policies"]["perimeter"] = json!({ "type": "rcp" });
    (wanted, [DOCUMENTS.as_slice(), &[("policies/perimeter.json", PERIMETER)]].concat())
}

const PERIMETER: &str = r#"{ "Version": "2012-10-17", "Statement": [{
    "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
    "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "{{organizationId}}" } } }] }"#;

async fn plan_without(bucket: &Bucket) -> PlanReport {
    let (manifest, documents) = manifest_and_documents();
    request(bucket, &manifest, &documents);
    invoke(bucket, World::function_without_organization(), PlanMode::Plan).await.unwrap();
    report(bucket, ApplyPolicies::FOLDER, PlanMode::Plan)
}

#[tokio::test]
async fn plan_without_an_organization_is_what_a_run_changes() {
    let (world, bucket) = (World::new(), Bucket::default());
    let plan = plan_without(&bucket).await;
    assert_eq!(plan.blockers, []);
    assert_eq!(plan.changes.len(), 7);
    allow(&bucket, &["root:policies.opt-out"]);
    assert_eq!(run(&bucket, &world).await.unwrap().changes, plan.changes);
    assert_eq!(world.targets("perimeter"), ["r-root"]);
    let (manifest, documents) = manifest_and_documents();
    assert_eq!(super::plan(&bucket, &world, &manifest, &documents).await.changes, []);
}

/// It is in the root of every organization.
#[tokio::test]
async fn management_account_guards_the_new_root() {
    let plan = plan_without(&Bucket::default()).await;
    assert_eq!(guarded(&plan), ["root:policies.opt-out"]);
    let opt_out = plan.changes.iter().find(|change| change.is_guarded()).unwrap();
    assert!(opt_out.why.as_deref().unwrap().contains("management account"), "{opt_out:?}");
    assert_eq!(opt_out.reach.as_ref().unwrap().accounts, 1);
}

#[tokio::test]
async fn changes_have_a_placeholder_for_the_organization() {
    let (world, bucket) = (World::new(), Bucket::default());
    let plan = plan_without(&bucket).await;
    assert!(by_name(&plan.changes)["policy perimeter:content"].contains("{{organizationId}}"), "{plan:?}");
    allow(&bucket, &["root:policies.opt-out"]);
    run(&bucket, &world).await.unwrap();
    assert!(world.policy("perimeter").unwrap().content.contains(world::ORGANIZATION));
}

#[tokio::test]
async fn run_waits_for_the_organization() {
    let bucket = Bucket::default();
    plan_without(&bucket).await;
    let run = invoke(&bucket, World::function_without_organization(), PlanMode::Apply).await;
    assert_eq!(run.unwrap_err().0, "NotReady");
}

#[tokio::test]
async fn policy_to_adopt_needs_an_organization() {
    let (mut manifest, documents) = manifest_and_documents();
    manifest["policies"]["guardrail"]["adopt"] = "p-12345678".into();
    let bucket = Bucket::default();
    request(&bucket, &manifest, &documents);
    invoke(&bucket, World::function_without_organization(), PlanMode::Plan).await.unwrap();
    let plan = report(&bucket, ApplyPolicies::FOLDER, PlanMode::Plan);
    assert_eq!(plan.blockers[0].pointer, "/policies/guardrail/adopt");
}
