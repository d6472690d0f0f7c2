use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use aws_sdk_organizations::operation::move_account::MoveAccountOutput;
use aws_sdk_organizations::types::{Parent, ParentType};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::json;
use time::OffsetDateTime;
use vending_core::{ErrorCode, fixtures};
use vending_organization::Organization;
use vending_records::testing::Bucket;

use super::*;

fn ids(texts: &[&str]) -> Vec<OuId> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn stored(bucket: &Bucket) -> StoredSettings {
    StoredSettings::new(bucket.client(), "records".to_owned())
}

fn organization(rules: &[&Rule]) -> Organization {
    Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules))
}

/// The settings, in an organization in which these OUs are known.
fn settings(bucket: &Bucket, known: &[(&str, &[&str])]) -> OuSettings {
    let units = OuCache::new(organization(&[]));
    for (path, chain) in known {
        units.insert(path.parse().unwrap(), ids(chain), OffsetDateTime::now_utc());
    }
    OuSettings::new(stored(bucket), units)
}

fn bucket() -> Bucket {
    Bucket::default().with_settings(&fixtures::settings(&json!({
        "r-root": { "requests": "denied", "emailPattern": "aws+{accountName}@example.com" },
        "ou-sandbox": { "requests": "allowed" },
    })))
}

async fn problems(settings: &OuSettings, request: &Value, requester: &Requester) -> Vec<String> {
    let policy = settings.policy_for(request, requester).await.unwrap();
    let problems = AccountRequest::parse(request, &policy).err().unwrap_or_default();
    problems.into_iter().map(|problem| problem.pointer).collect()
}

#[tokio::test]
async fn request_is_checked_by_the_settings_of_its_ou() {
    let bucket = bucket();
    let known: &[(&str, &[&str])] = &[("Sandbox", &["r-root", "ou-sandbox"]), ("Security", &["r-root", "ou-security"])];
    let settings = settings(&bucket, known);
    let (jane, operator) = (Requester::new("arn:jane"), Requester::operator("arn:operator"));
    let request = |unit: &str| json!({ "accountName": "a", "organizationalUnit": unit });
    assert_eq!(problems(&settings, &request("Sandbox"), &jane).await, [""; 0]);
    assert_eq!(problems(&settings, &request("Security"), &jane).await, ["/organizationalUnit"]);
    assert_eq!(problems(&settings, &request("Security"), &operator).await, [""; 0]);
    assert_eq!(problems(&settings, &request("a//b"), &jane).await, ["/organizationalUnit"]);
    bucket.put(Settings::KEY, &fixtures::settings(&json!({ "r-root": { "requests": "denied" } })));
    let withdrawn = problems(&settings, &request("Sandbox"), &jane).await;
    assert_eq!(withdrawn, ["/organizationalUnit", "/accountEmail"]);
}

#[tokio::test]
async fn former_path_has_the_settings_of_its_ou() {
    let mut with_alias = fixtures::settings(&json!({ "ou-n": { "requests": "allowed" } }));
    with_alias.aliases.insert("NonProd".parse().unwrap(), "ou-n".parse().unwrap());
    with_alias.paths.insert("ou-n".parse().unwrap(), "NonProduction".parse().unwrap());
    let bucket = Bucket::default().with_settings(&with_alias);
    let no_units = mock!(aws_sdk_organizations::Client::list_organizational_units_for_parent)
        .then_output(|| aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput::builder().build());
    let root = mock!(aws_sdk_organizations::Client::list_roots).then_output(|| {
        let root = aws_sdk_organizations::types::Root::builder().id("r-root").build();
        aws_sdk_organizations::operation::list_roots::ListRootsOutput::builder().roots(root).build()
    });
    let units = OuCache::new(organization(&[&root, &no_units]));
    units.insert("NonProduction".parse().unwrap(), ids(&["r-root", "ou-n"]), OffsetDateTime::now_utc());
    let settings = OuSettings::new(stored(&bucket), units);
    match settings.read().await.unwrap().of(&"NonProd".parse().unwrap()).await.unwrap() {
        SettingsLookup::Found(unit) => assert_eq!(unit.ids, ids(&["r-root", "ou-n"])),
        SettingsLookup::Missing(detail) => panic!("{detail}"),
    }
}

fn in_parent(id: &'static str, kind: ParentType) -> Rule {
    let parent = Parent::builder().id(id).r#type(kind).build();
    mock!(aws_sdk_organizations::Client::list_parents)
        .then_output(move || ListParentsOutput::builder().parents(parent.clone()).build())
}

async fn move_from(units: &[&'static str], by_operator: bool) -> Result<MoveOutcome, ErrorCode> {
    let mut rules: Vec<Rule> = units.iter().map(|id| in_parent(id, ParentType::OrganizationalUnit)).collect();
    rules.push(in_parent("r-root", ParentType::Root));
    rules.push(mock!(aws_sdk_organizations::Client::move_account).then_output(|| MoveAccountOutput::builder().build()));
    let organization = organization(&rules.iter().collect::<Vec<_>>());
    let (account, unit) = ("111111111111".parse().unwrap(), "ou-target".parse().unwrap());
    let moved = ensure_in_unit(&organization, &stored(&bucket()), &account, &unit, by_operator).await;
    moved.map_err(|error| error.code())
}

#[tokio::test]
async fn only_operators_move_accounts_out_of_an_ou_without_requests() {
    let moved = |id: &str| Ok(MoveOutcome::MovedFrom(id.parse().unwrap()));
    assert_eq!(move_from(&[], false).await, moved("r-root"));
    assert_eq!(move_from(&["ou-sandbox"], false).await, moved("ou-sandbox"));
    assert_eq!(move_from(&["ou-below", "ou-sandbox"], false).await, moved("ou-below"));
    assert_eq!(move_from(&["ou-security"], false).await, Err(ErrorCode::InvalidRequest));
    assert_eq!(move_from(&["ou-security"], true).await, moved("ou-security"));
    assert_eq!(move_from(&["ou-target"], false).await, Ok(MoveOutcome::AlreadyThere));
}
