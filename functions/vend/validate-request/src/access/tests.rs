use std::collections::BTreeSet;

use aws_sdk_identitystore::operation::get_group_id::GetGroupIdOutput;
use aws_sdk_identitystore::operation::get_user_id::GetUserIdOutput;
use aws_sdk_identitystore::types::AlternateIdentifier;
use aws_sdk_ssoadmin::operation::describe_permission_set::DescribePermissionSetOutput;
use aws_sdk_ssoadmin::operation::list_instances::ListInstancesOutput;
use aws_sdk_ssoadmin::operation::list_permission_sets::ListPermissionSetsOutput;
use aws_sdk_ssoadmin::types::PermissionSet;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::Document;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use time::Duration;
use vending_core::ErrorCode;

use super::*;

pub(crate) const MANAGEMENT_ACCOUNT: &str = "123456789012";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-1";
const POWER: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-power";
const READ: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-read";

/// Mocked responses of IAM Identity Center and its identity store, each in order.
pub(crate) struct Rules {
    admin: Vec<Rule>,
    directory: Vec<Rule>,
}

pub(crate) fn with(rules: &Rules) -> IdentityCenter {
    IdentityCenter {
        admin: mock_client!(aws_sdk_ssoadmin, RuleMode::Sequential, &rules.admin),
        directory: mock_client!(aws_sdk_identitystore, RuleMode::Sequential, &rules.directory),
        management_account: MANAGEMENT_ACCOUNT.parse().unwrap(),
        instance: OnceLock::new(),
        permission_sets: PermissionSets::default(),
    }
}

/// The only one, in the Region of the function.
pub(crate) fn only(center: IdentityCenter) -> IdentityCenters {
    IdentityCenters {
        config: SdkConfig::builder().build(),
        management_account: MANAGEMENT_ACCOUNT.parse().unwrap(),
        latest: Mutex::new(Some((None, Arc::new(center)))),
    }
}

pub(crate) fn unused() -> IdentityCenter {
    with(&Rules { admin: vec![], directory: vec![] })
}

pub(crate) fn one_group() -> Rules {
    Rules { admin: [vec![instance()], sets()].concat(), directory: vec![group("developers")] }
}

pub(crate) fn no_group() -> Rules {
    Rules { admin: [vec![instance()], sets()].concat(), directory: vec![no_such_group("GROUP")] }
}

fn instances(owned_by: &'static [(&'static str, InstanceStatus)]) -> Rule {
    mock!(aws_sdk_ssoadmin::Client::list_instances).then_output(move || {
        let instance = |(owner, status): &(&str, InstanceStatus)| {
            let instance = InstanceMetadata::builder().owner_account_id(*owner).status(status.clone());
            instance.instance_arn(INSTANCE).identity_store_id("d-1").build()
        };
        let instances = owned_by.iter().map(instance).collect();
        ListInstancesOutput::builder().set_instances(Some(instances)).build()
    })
}

fn instance() -> Rule {
    instances(&[("111111111111", InstanceStatus::Active), (MANAGEMENT_ACCOUNT, InstanceStatus::Active)])
}

fn listed(arns: &'static [&'static str]) -> Rule {
    mock!(aws_sdk_ssoadmin::Client::list_permission_sets)
        .match_requests(|request| request.instance_arn() == Some(INSTANCE))
        .then_output(move || {
            let arns = arns.iter().map(ToString::to_string).collect();
            ListPermissionSetsOutput::builder().set_permission_sets(Some(arns)).build()
        })
}

fn described(arn: &'static str, name: &'static str) -> Rule {
    mock!(aws_sdk_ssoadmin::Client::describe_permission_set)
        .match_requests(move |request| {
            request.instance_arn() == Some(INSTANCE) && request.permission_set_arn() == Some(arn)
        })
        .then_output(move || {
            let set = PermissionSet::builder().name(name).build();
            DescribePermissionSetOutput::builder().permission_set(set).build()
        })
}

/// The first permission set matches, so the second is not described.
fn sets() -> Vec<Rule> {
    vec![listed(&[POWER, READ]), described(POWER, "PowerUserAccess")]
}

fn identifies(identifier: Option<&AlternateIdentifier>, path: &str, value: &str) -> bool {
    let Some(AlternateIdentifier::UniqueAttribute(attribute)) = identifier else {
        return false;
    };
    attribute.attribute_path() == path && *attribute.attribute_value() == Document::String(value.to_owned())
}

fn group(name: &'static str) -> Rule {
    mock!(aws_sdk_identitystore::Client::get_group_id)
        .match_requests(move |request| {
            request.identity_store_id() == Some("d-1")
                && identifies(request.alternate_identifier(), "displayName", name)
        })
        .then_output(move || {
            let found = GetGroupIdOutput::builder().identity_store_id("d-1").group_id(format!("id of {name}"));
            found.group_arn("arn").build().unwrap()
        })
}

fn user(path: &'static str, value: &'static str) -> Rule {
    mock!(aws_sdk_identitystore::Client::get_user_id)
        .match_requests(move |request| identifies(request.alternate_identifier(), path, value))
        .then_output(move || {
            let found = GetUserIdOutput::builder().identity_store_id("d-1").user_id(format!("id of {value}"));
            found.user_arn("arn").build().unwrap()
        })
}

fn no_such_group(missing: &'static str) -> Rule {
    mock!(aws_sdk_identitystore::Client::get_group_id).then_http_response(move || not_found(missing))
}

fn no_such_user(path: &'static str) -> Rule {
    mock!(aws_sdk_identitystore::Client::get_user_id)
        .match_requests(move |request| identifies(request.alternate_identifier(), path, "lead@example.com"))
        .then_http_response(|| not_found("USER"))
}

fn not_found(resource: &str) -> Response {
    error_response(&json!({ "__type": "ResourceNotFoundException", "ResourceType": resource, "Message": "no" }))
}

fn error_response(body: &Value) -> Response {
    Response::new(400.try_into().unwrap(), SdkBody::from(body.to_string()))
}

fn grants(access: Value) -> Vec<AccessGrant> {
    serde_json::from_value(access).unwrap()
}

type Resolved = Result<Result<Access, Vec<Problem>>, StepError>;

/// Each rule must be called once, in order; other calls panic.
async fn resolve(access: Value, rules: Rules) -> Resolved {
    let resolved = with(&rules).resolve(&grants(access), &[]).await;
    called_once(&rules);
    resolved
}

fn called_once(rules: &Rules) {
    for (index, rule) in rules.admin.iter().chain(&rules.directory).enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

async fn problems(access: Value, rules: Rules) -> Vec<(String, String)> {
    let problems = resolve(access, rules).await.unwrap().unwrap_err();
    problems.into_iter().map(|problem| (problem.pointer, problem.detail)).collect()
}

#[tokio::test]
async fn request_without_access_makes_no_call() {
    let resolved = resolve(json!([]), Rules { admin: vec![], directory: vec![] }).await;
    assert_eq!(resolved.unwrap(), Ok(Access::default()));
}

#[tokio::test]
async fn names_resolve_to_ids() {
    let rules = Rules {
        admin: vec![
            instance(),
            listed(&[READ, POWER]),
            described(READ, "ReadOnlyAccess"),
            described(POWER, "PowerUserAccess"),
        ],
        directory: vec![group("developers"), user("userName", "jane")],
    };
    let access = json!([
        { "group": "developers", "permissionSet": "PowerUserAccess" },
        { "user": "jane", "permissionSet": "ReadOnlyAccess" },
    ]);
    let Access { assignments, pending } = resolve(access, rules).await.unwrap().unwrap();
    assert_eq!(pending, [""; 0]);
    assert_eq!(
        serde_json::to_value(assignments).unwrap(),
        json!([
            {
                "instanceArn": INSTANCE,
                "permissionSetArn": POWER,
                "principalType": "GROUP",
                "principalId": "id of developers",
                "label": "group developers: PowerUserAccess",
            },
            {
                "instanceArn": INSTANCE,
                "permissionSetArn": READ,
                "principalType": "USER",
                "principalId": "id of jane",
                "label": "user of access/1: ReadOnlyAccess",
            },
        ])
    );
}

#[tokio::test]
async fn user_is_found_by_email() {
    let rules = Rules {
        admin: [vec![instance()], sets()].concat(),
        directory: vec![no_such_user("userName"), user("emails.value", "lead@example.com")],
    };
    let access = json!([{ "user": "lead@example.com", "permissionSet": "PowerUserAccess" }]);
    let Access { assignments, pending } = resolve(access, rules).await.unwrap().unwrap();
    assert_eq!(pending, [""; 0]);
    assert_eq!(assignments[0].principal_id, "id of lead@example.com");
    assert!(!assignments[0].label.contains('@'), "{}", assignments[0].label);
}

#[tokio::test]
async fn repeated_principal_is_resolved_once() {
    let rules = Rules {
        admin: vec![
            instance(),
            listed(&[POWER, READ]),
            described(POWER, "PowerUserAccess"),
            described(READ, "ReadOnlyAccess"),
        ],
        directory: vec![group("developers")],
    };
    let access = json!([
        { "group": "developers", "permissionSet": "PowerUserAccess" },
        { "group": "developers", "permissionSet": "ReadOnlyAccess" },
    ]);
    assert_eq!(resolve(access, rules).await.unwrap().unwrap().assignments.len(), 2);
}

#[tokio::test]
async fn found_sets_are_cached_and_new_ones_listed() {
    let rules = Rules {
        admin: [vec![instance()], sets(), vec![listed(&[POWER, READ]), described(READ, "ReadOnlyAccess")]].concat(),
        directory: vec![group("a"), group("b"), group("c")],
    };
    let center = with(&rules);
    for (name, permission_set) in [("a", "PowerUserAccess"), ("b", "PowerUserAccess"), ("c", "ReadOnlyAccess")] {
        let access = grants(json!([{ "group": name, "permissionSet": permission_set }]));
        assert_eq!(center.resolve(&access, &[]).await.unwrap().unwrap().assignments.len(), 1);
    }
    called_once(&rules);
}

#[tokio::test]
async fn recreated_set_is_found_after_fifteen_minutes() {
    const RECREATED: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-recreated";
    let admin = vec![
        listed(&[READ, POWER]),
        described(READ, "ReadOnlyAccess"),
        described(POWER, "PowerUserAccess"),
        listed(&[READ, RECREATED]),
        described(RECREATED, "PowerUserAccess"),
    ];
    let client = mock_client!(aws_sdk_ssoadmin, RuleMode::Sequential, &admin);
    let (permission_sets, names) = (PermissionSets::default(), BTreeSet::from(["PowerUserAccess"]));
    let first = OffsetDateTime::UNIX_EPOCH;
    for (minutes, arn) in [(0, POWER), (14, POWER), (15, RECREATED), (29, RECREATED)] {
        let now = first + Duration::minutes(minutes);
        let found = permission_sets.find(&client, INSTANCE, &names, now).await.unwrap();
        assert_eq!(found["PowerUserAccess"], arn, "after {minutes} minutes");
    }
    called_once(&Rules { admin, directory: vec![] });
}

#[tokio::test]
async fn all_missing_names_are_reported_with_pointers() {
    let gone = mock!(aws_sdk_ssoadmin::Client::describe_permission_set)
        .then_http_response(|| error_response(&json!({ "__type": "ResourceNotFoundException" })));
    let rules = Rules {
        admin: [vec![instance(), listed(&[READ, POWER]), gone, described(POWER, "PowerUserAccess")]].concat(),
        directory: vec![no_such_group("GROUP"), no_such_user("userName"), no_such_user("emails.value")],
    };
    let access = json!([
        { "group": "developer", "permissionSet": "PowerUserAccess" },
        { "user": "lead@example.com", "permissionSet": "Everything" },
    ]);
    let found = problems(access, rules).await;
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/access/0/group", "/access/1/user", "/access/1/permissionSet"]);
    assert!(found.iter().all(|(_, detail)| !detail.contains("lead@")), "{found:?}");
}

#[tokio::test]
async fn access_is_rejected_without_identity_center() {
    for instances in [
        instances(&[]),
        instances(&[("111111111111", InstanceStatus::Active)]),
        instances(&[(MANAGEMENT_ACCOUNT, InstanceStatus::DeleteInProgress)]),
    ] {
        let rules = Rules { admin: vec![instances], directory: vec![] };
        let found = problems(json!([{ "group": "a", "permissionSet": "b" }]), rules).await;
        let detail = "must be omitted: the organization has no IAM Identity Center";
        assert_eq!(found, [("/access".to_owned(), detail.to_owned())]);
    }
}

#[tokio::test]
async fn every_denied_call_is_access_denied() {
    let denied = || error_response(&json!({ "__type": "AccessDeniedException", "message": "no" }));
    let instances_denied = mock!(aws_sdk_ssoadmin::Client::list_instances).then_http_response(denied);
    let sets_denied = mock!(aws_sdk_ssoadmin::Client::list_permission_sets).then_http_response(denied);
    let set_denied = mock!(aws_sdk_ssoadmin::Client::describe_permission_set).then_http_response(denied);
    let group_denied = mock!(aws_sdk_identitystore::Client::get_group_id).then_http_response(denied);
    for (admin, directory) in [
        (vec![instances_denied], vec![]),
        (vec![instance(), sets_denied], vec![]),
        (vec![instance(), listed(&[POWER]), set_denied], vec![]),
        ([vec![instance()], sets()].concat(), vec![group_denied]),
    ] {
        let access = json!([{ "group": "developers", "permissionSet": "PowerUserAccess" }]);
        let error = resolve(access, Rules { admin, directory }).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied, "{error}");
    }
    let user_denied = mock!(aws_sdk_identitystore::Client::get_user_id).then_http_response(denied);
    let rules = Rules { admin: [vec![instance()], sets()].concat(), directory: vec![user_denied] };
    let access = json!([{ "user": "jane", "permissionSet": "PowerUserAccess" }]);
    assert_eq!(resolve(access, rules).await.unwrap_err().code(), ErrorCode::AccessDenied);
}

#[tokio::test]
async fn missing_identity_store_is_not_a_missing_group() {
    let rules = Rules { admin: [vec![instance()], sets()].concat(), directory: vec![no_such_group("IDENTITY_STORE")] };
    let access = json!([{ "group": "developers", "permissionSet": "PowerUserAccess" }]);
    assert_eq!(resolve(access, rules).await.unwrap_err().code(), ErrorCode::Unexpected);
}

fn by_settings(group: &str, permission_set: &str) -> GroupAccess {
    GroupAccess { group: group.to_owned(), permission_set: permission_set.to_owned() }
}

#[tokio::test]
async fn access_of_the_settings_is_added_once() {
    let rules =
        Rules { admin: [vec![instance()], sets()].concat(), directory: vec![group("developers"), group("platform")] };
    let requested = grants(json!([{ "group": "developers", "permissionSet": "PowerUserAccess" }]));
    let settings = [by_settings("developers", "PowerUserAccess"), by_settings("platform", "PowerUserAccess")];
    let access = with(&rules).resolve(&requested, &settings).await.unwrap().unwrap();
    called_once(&rules);
    let granted: Vec<_> = access.assignments.iter().map(|assignment| &assignment.granted_by_settings).collect();
    assert_eq!(granted, [&None, &Some(settings[1].clone())]);
    assert_eq!(access.assignments[1].label, "group platform: PowerUserAccess");
}

#[tokio::test]
async fn missing_access_of_the_settings_is_pending() {
    let rules = Rules {
        admin: [vec![instance()], sets(), vec![described(READ, "ReadOnlyAccess")]].concat(),
        directory: vec![no_such_group("GROUP"), group("platform")],
    };
    let settings = [by_settings("gone", "PowerUserAccess"), by_settings("platform", "Everything")];
    let access = with(&rules).resolve(&[], &settings).await.unwrap().unwrap();
    called_once(&rules);
    assert_eq!(access.assignments, []);
    let expected = [
        "group gone: PowerUserAccess: there is no such group",
        "group platform: Everything: there is no such permission set",
    ];
    assert_eq!(access.pending, expected);
}

#[tokio::test]
async fn access_of_the_settings_is_pending_without_identity_center() {
    let rules = Rules { admin: vec![instances(&[])], directory: vec![] };
    let access = with(&rules).resolve(&[], &[by_settings("platform", "ReadOnlyAccess")]).await.unwrap().unwrap();
    assert_eq!(access.pending, ["group platform: ReadOnlyAccess: the organization has no IAM Identity Center"]);
}

#[test]
fn clients_are_kept_while_the_region_stays() {
    let centers = only(unused());
    let first = centers.in_region(None);
    assert!(Arc::ptr_eq(&first, &centers.in_region(None)));
}
