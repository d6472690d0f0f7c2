//! Tests with an in-memory bucket and an organization that remembers its OUs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::create_organizational_unit::{
    CreateOrganizationalUnitError, CreateOrganizationalUnitOutput,
};
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::{ListRootsError, ListRootsOutput};
use aws_sdk_organizations::operation::update_organizational_unit::UpdateOrganizationalUnitOutput;
use aws_sdk_organizations::types::error::{ConstraintViolationException, DuplicateOrganizationalUnitException};
use aws_sdk_organizations::types::{ConstraintViolationExceptionReason, OrganizationalUnit, Root};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use vending_core::{PlanMode, PlanReport};
use vending_plans::testing::{allow, by_name, invoke, manifest, report, request};
use vending_records::testing::Bucket;

use super::*;

/// The OUs by their IDs: their parents and names.
#[derive(Clone, Debug, Default)]
struct World(Arc<Mutex<BTreeMap<String, (String, String)>>>);

impl World {
    /// `Workloads/Production`, and `Sandbox`.
    fn sample() -> Self {
        let world = Self::default();
        world.add("ou-w", "r-root", "Workloads");
        world.add("ou-p", "ou-w", "Production");
        world.add("ou-s", "r-root", "Sandbox");
        world
    }

    fn add(&self, id: &str, parent: &str, name: &str) {
        self.0.lock().unwrap().insert(id.to_owned(), (parent.to_owned(), name.to_owned()));
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.lock().unwrap().values().map(|(_, name)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    fn function(&self, create: &Rule) -> CreateUnits {
        let rules = [&roots(), &self.lists(), create, &self.updates()];
        let client = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &rules);
        CreateUnits { organization: Organization::new(client), deployment: "account-vending".to_owned() }
    }

    fn lists(&self) -> Rule {
        let world = self.clone();
        mock!(Client::list_organizational_units_for_parent).then_compute_output(move |list| {
            let world = world.0.lock().unwrap();
            let children = world.iter().filter(|(_, (parent, _))| Some(parent.as_str()) == list.parent_id());
            let units = children.map(|(id, (_, name))| OrganizationalUnit::builder().id(id).name(name).build());
            ListOrganizationalUnitsForParentOutput::builder().set_organizational_units(Some(units.collect())).build()
        })
    }

    fn creates(&self) -> Rule {
        let world = self.clone();
        mock!(Client::create_organizational_unit).then_compute_output(move |create| {
            let name = create.name().unwrap();
            assert!(create.tags()[0].value().starts_with("account-vending/"), "{create:?}");
            let id = format!("ou-{}", name.to_lowercase());
            world.add(&id, create.parent_id().unwrap(), name);
            let unit = OrganizationalUnit::builder().id(id).name(name).build();
            CreateOrganizationalUnitOutput::builder().organizational_unit(unit).build()
        })
    }

    fn updates(&self) -> Rule {
        let world = self.clone();
        mock!(Client::update_organizational_unit).then_compute_output(move |update| {
            let mut world = world.0.lock().unwrap();
            let unit = world.get_mut(update.organizational_unit_id().unwrap()).unwrap();
            update.name().unwrap().clone_into(&mut unit.1);
            UpdateOrganizationalUnitOutput::builder().build()
        })
    }

    async fn plan(&self, bucket: &Bucket, units: &Value) -> PlanReport {
        request(bucket, &manifest(&json!({ "organizationalUnits": units })), &[]);
        invoke(bucket, self.function(&self.creates()), PlanMode::Plan).await.unwrap();
        report(bucket, CreateUnits::FOLDER, PlanMode::Plan)
    }

    async fn run(&self, bucket: &Bucket) -> Result<PlanReport, (String, String)> {
        invoke(bucket, self.function(&self.creates()), PlanMode::Apply).await?;
        Ok(report(bucket, CreateUnits::FOLDER, PlanMode::Apply))
    }
}

fn roots() -> Rule {
    mock!(Client::list_roots)
        .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-root").build()).build())
}

#[tokio::test]
async fn missing_units_are_created_with_those_above_them() {
    let (world, bucket) = (World::sample(), Bucket::default());
    let units = json!({
        "Workloads": { "organizationalUnits": { "Test": null } },
        "Security": { "organizationalUnits": { "Audit": { "organizationalUnits": { "Deep": null } } } },
    });
    let plan = world.plan(&bucket, &units).await;
    let changes = by_name(&plan.changes);
    assert_eq!(changes["Security/Audit/Deep:name"], r#"null → "Deep""#);
    assert_eq!(changes.len(), 4);
    assert_eq!(world.names(), ["Production", "Sandbox", "Workloads"]);
    let run = world.run(&bucket).await.unwrap();
    assert_eq!(run.changes, plan.changes);
    assert_eq!(world.names(), ["Audit", "Deep", "Production", "Sandbox", "Security", "Test", "Workloads"]);
    assert_eq!(world.0.lock().unwrap()["ou-deep"].0, "ou-audit");
}

#[tokio::test]
async fn existing_units_are_left_as_they_are() {
    let (world, bucket) = (World::sample(), Bucket::default());
    let plan = world.plan(&bucket, &json!({ "workloads": { "organizationalUnits": { "Production": null } } })).await;
    assert_eq!(plan.changes, []);
    assert_eq!(world.run(&bucket).await.unwrap().changes, []);
    assert_eq!(world.names(), ["Production", "Sandbox", "Workloads"]);
}

#[tokio::test]
async fn unit_is_renamed_only_if_it_is_allowed() {
    let (world, bucket) = (World::sample(), Bucket::default());
    let units = json!({
        "Work": { "formerly": ["Workloads"], "organizationalUnits": { "Production": null, "Test": null } },
    });
    let plan = world.plan(&bucket, &units).await;
    assert_eq!(by_name(&plan.changes)["Work:name"], r#""Workloads" → "Work""#);
    assert_eq!(world.run(&bucket).await.unwrap_err().0, "PlanOutdated");
    assert_eq!(world.names(), ["Production", "Sandbox", "Workloads"]);
    allow(&bucket, &["Work:name"]);
    world.run(&bucket).await.unwrap();
    assert_eq!(world.names(), ["Production", "Sandbox", "Test", "Work"]);
    assert_eq!(world.0.lock().unwrap()["ou-test"].0, "ou-w");
}

#[tokio::test]
async fn unit_whose_creation_had_a_lost_response_is_used() {
    let (world, bucket) = (World::default(), Bucket::default());
    world.plan(&bucket, &json!({ "A": { "organizationalUnits": { "B": null } } })).await;
    let created = world.clone();
    let lost = mock!(Client::create_organizational_unit).then_compute_response(move |create| {
        let name = create.name().unwrap();
        created.add(&format!("ou-{}", name.to_lowercase()), create.parent_id().unwrap(), name);
        let duplicate = DuplicateOrganizationalUnitException::builder().build();
        MockResponse::Error(CreateOrganizationalUnitError::DuplicateOrganizationalUnitException(duplicate))
    });
    invoke(&bucket, world.function(&lost), PlanMode::Apply).await.unwrap();
    assert_eq!(world.0.lock().unwrap()["ou-b"].0, "ou-a");
}

#[tokio::test]
async fn quota_of_the_organization_is_named() {
    let (world, bucket) = (World::default(), Bucket::default());
    world.plan(&bucket, &json!({ "A": null })).await;
    let full = mock!(Client::create_organizational_unit).then_error(|| {
        let reason = ConstraintViolationExceptionReason::OuNumberLimitExceeded;
        let violation = ConstraintViolationException::builder().reason(reason).build();
        CreateOrganizationalUnitError::ConstraintViolationException(violation)
    });
    let (code, message) = invoke(&bucket, world.function(&full), PlanMode::Apply).await.unwrap_err();
    assert_eq!(code, "InvalidConfiguration");
    assert!(message.contains("OU_NUMBER_LIMIT_EXCEEDED"), "{message}");
}

#[tokio::test]
async fn plan_without_an_organization_is_what_a_run_changes() {
    let (world, bucket) = (World::default(), Bucket::default());
    let function_without = || {
        let roots = mock!(Client::list_roots).then_error(|| {
            ListRootsError::generic(ErrorMetadata::builder().code("AWSOrganizationsNotInUseException").build())
        });
        let client = mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&roots]);
        CreateUnits { organization: Organization::new(client), ..world.function(&world.creates()) }
    };
    let units = json!({ "A": { "formerly": ["Z"], "organizationalUnits": { "B": null } } });
    request(&bucket, &manifest(&json!({ "organizationalUnits": units })), &[]);
    invoke(&bucket, function_without(), PlanMode::Plan).await.unwrap();
    let plan = report(&bucket, CreateUnits::FOLDER, PlanMode::Plan);
    assert_eq!(by_name(&plan.changes).into_keys().collect::<Vec<_>>(), ["A/B:name", "A:name"]);
    assert_eq!(invoke(&bucket, function_without(), PlanMode::Apply).await.unwrap_err().0, "NotReady");
    assert_eq!(world.run(&bucket).await.unwrap().changes, plan.changes);
    assert_eq!(world.names(), ["A", "B"]);
}
