//! The OUs of a manifest in an organization with `Workloads/Production` and `Sandbox`.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::{ListRootsError, ListRootsOutput};
use aws_sdk_organizations::types::{OrganizationalUnit, Root};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use vending_core::{OrganizationalUnitPath, OuId};
use vending_manifest::Manifest;
use vending_organization::Organization;

use super::*;

fn roots() -> Rule {
    mock!(Client::list_roots)
        .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-root").build()).build())
}

fn lists() -> Rule {
    mock!(Client::list_organizational_units_for_parent).then_compute_output(|list| {
        let units: &[(&str, &str)] = match list.parent_id().unwrap_or_default() {
            "r-root" => &[("Workloads", "ou-w"), ("Sandbox", "ou-s")],
            "ou-w" => &[("Production", "ou-p")],
            _ => &[],
        };
        let units = units.iter().map(|(name, id)| OrganizationalUnit::builder().name(*name).id(*id).build()).collect();
        ListOrganizationalUnitsForParentOutput::builder().set_organizational_units(Some(units)).build()
    })
}

/// Finds the OUs. Returns how many parents were listed, too.
async fn find(units: &Value) -> (Units, usize) {
    let (roots, lists) = (roots(), lists());
    let organization = Organization::new(mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&roots, &lists]));
    let manifest = Manifest::from_json(&manifest(&json!({ "organizationalUnits": units })), None).unwrap();
    let units = Units::find(&organization, &manifest, &testing::changes(FOLDER)).await.unwrap();
    (units, lists.num_calls())
}

fn id(text: &str) -> OuId {
    text.parse().unwrap()
}

fn path(text: &str) -> OrganizationalUnitPath {
    text.parse().unwrap()
}

#[tokio::test]
async fn each_parent_is_listed_once() {
    let (units, calls) = find(&json!({
        "Workloads": { "organizationalUnits": { "Production": null, "Test": null } }, "Sandbox": null,
        "New": { "organizationalUnits": { "Below": null } },
    }))
    .await;
    assert_eq!(calls, 2);
    assert_eq!(units.id(&path("Workloads/Production")), "ou-p".parse().ok());
    for missing in ["Workloads/Test", "New", "New/Below"] {
        assert_eq!(units.states[&path(missing)], UnitState::Missing, "{missing}");
    }
    assert_eq!(units.parent(&path("New")), units.root().cloned());
    assert_eq!(units.parent(&path("New/Below")), None);
}

#[tokio::test]
async fn renamed_unit_keeps_what_is_below_it() {
    let (units, _) = find(&json!({
        "Work": { "formerly": ["Work loads", "Workloads"], "organizationalUnits": { "Production": null } },
    }))
    .await;
    let renamed = UnitState::Renamed { id: "ou-w".parse().unwrap(), former_name: "Workloads".to_owned() };
    assert_eq!(units.states[&path("Work")], renamed);
    assert_eq!(units.id(&path("Work/Production")), "ou-p".parse().ok());
    assert_eq!(units.existing_ids().unwrap_err().code(), ErrorCode::NotReady);
}

#[tokio::test]
async fn new_name_wins_over_a_former_one() {
    let (units, _) = find(&json!({ "Sandbox": { "formerly": ["Workloads"] } })).await;
    assert_eq!(units.states[&path("Sandbox")], UnitState::Exists("ou-s".parse().unwrap()));
    let ids = units.existing_ids().unwrap();
    assert_eq!((ids.root, &ids.units[&path("Sandbox")]), (id("r-root"), &id("ou-s")));
}

#[tokio::test]
async fn unit_that_a_run_would_create_has_an_id_of_its_own() {
    let (units, _) = find(&json!({ "New": null, "Newer": null, "Sandbox": null })).await;
    let ids = units.planned_ids().unwrap();
    assert_eq!((ids.root, &ids.units[&path("Sandbox")]), (id("r-root"), &id("ou-s")));
    assert_ne!(ids.units[&path("New")], ids.units[&path("Newer")]);
}

/// Finds the OUs without an organization.
async fn find_nothing(changes: &PlannedChanges) -> Result<Units, StepError> {
    let roots = mock!(Client::list_roots).then_error(|| {
        ListRootsError::generic(ErrorMetadata::builder().code("AWSOrganizationsNotInUseException").build())
    });
    let organization = Organization::new(mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&roots]));
    let units = json!({ "A": { "organizationalUnits": { "B": null } } });
    let manifest = Manifest::from_json(&manifest(&json!({ "organizationalUnits": units })), None).unwrap();
    Units::find(&organization, &manifest, changes).await
}

#[tokio::test]
async fn plan_needs_no_organization() {
    let units = find_nothing(&testing::changes(FOLDER)).await.unwrap();
    assert!(units.states.values().all(|state| *state == UnitState::Missing) && units.states.len() == 2);
    assert_eq!((units.root(), units.parent(&path("A")), units.parent(&path("A/B"))), (None, None, None));
    assert_eq!(units.existing_ids().unwrap_err().code(), ErrorCode::NotReady);
    let planned = units.planned_ids().unwrap();
    assert_eq!((planned.root, planned.units.len()), (id("r-new"), 2));
}

#[tokio::test]
async fn run_waits_for_the_organization() {
    let error = find_nothing(&PlannedChanges::list(FOLDER, PlanMode::Apply)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(error.to_string(), "AWS does not show the organization yet");
}
