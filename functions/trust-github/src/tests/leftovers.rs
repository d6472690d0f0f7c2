use aws_sdk_iam::operation::delete_role::DeleteRoleOutput;
use aws_sdk_iam::operation::delete_role_policy::DeleteRolePolicyOutput;
use aws_sdk_iam::operation::detach_role_policy::DetachRolePolicyOutput;
use aws_sdk_iam::operation::list_role_policies::ListRolePoliciesOutput;

use super::*;

const OLD: &str = "github-acme.old";

fn detached() -> Rule {
    mock!(Client::detach_role_policy)
        .match_requests(|request| request.role_name() == Some(OLD) && request.policy_arn() == Some(POLICY))
        .then_output(|| DetachRolePolicyOutput::builder().build())
}

fn inline(names: &'static [&'static str]) -> Rule {
    mock!(Client::list_role_policies).match_requests(|request| request.role_name() == Some(OLD)).then_output(
        move || {
            let names = names.iter().map(|&name| name.to_owned()).collect();
            ListRolePoliciesOutput::builder().set_policy_names(Some(names)).build().unwrap()
        },
    )
}

fn inline_deleted() -> Rule {
    mock!(Client::delete_role_policy)
        .match_requests(|request| request.role_name() == Some(OLD) && request.policy_name() == Some("theirs"))
        .then_output(|| DeleteRolePolicyOutput::builder().build())
}

fn deleted() -> Rule {
    mock!(Client::delete_role)
        .match_requests(|request| request.role_name() == Some(OLD))
        .then_output(|| DeleteRoleOutput::builder().build())
}

fn not_deleted(code: &'static str, message: &'static str) -> Rule {
    mock!(Client::delete_role).then_http_response(move || refusal_saying(code, message))
}

#[tokio::test]
async fn the_role_of_a_repository_that_is_no_longer_named_is_removed() {
    let rules = [listed(&[OLD]), attached(POLICY), detached(), inline(&[]), deleted()];
    let (converged, changes) = run(&[], &rules).await;
    assert_eq!(converged, Converged::new("no repository of GitHub may deploy"));
    assert_eq!(changes, ["role github-acme.old: removed"]);
}

#[tokio::test]
async fn roles_are_listed_again_where_one_was_removed() {
    run_and_read_back(&[], &[listed(&[OLD]), attached(POLICY), detached(), inline(&[]), deleted(), listed(&[])]).await;
}

#[tokio::test]
async fn what_others_gave_it_goes_with_it_and_named_roles_stay() {
    let mut rules =
        vec![listed(&[NAME, OLD]), attached(POLICY), detached(), inline(&["theirs"]), inline_deleted(), deleted()];
    rules.extend([provider::found(), found(), attached(POLICY)]);
    let (converged, changes) = run(&[payments()], &rules).await;
    assert_eq!(converged, payments_may_deploy());
    assert_eq!(changes, ["role github-acme.old: removed"]);
}

#[tokio::test]
async fn a_role_that_is_gone_meanwhile_is_removed() {
    let attached = mock!(Client::list_attached_role_policies).then_http_response(|| refusal("NoSuchEntity"));
    let inline = mock!(Client::list_role_policies).then_http_response(|| refusal("NoSuchEntity"));
    let rules = [listed(&[OLD]), attached, inline, not_deleted("NoSuchEntity", "no")];
    let (_, changes) = run(&[], &rules).await;
    assert_eq!(changes, ["role github-acme.old: removed"]);
}

#[tokio::test]
async fn a_role_that_cannot_be_deleted_is_reported_or_looked_at_again() {
    for (code, message, expected) in [
        (
            "DeleteConflict",
            "Cannot delete entity, must remove roles from instance profile first.",
            ErrorCode::InvalidConfiguration,
        ),
        ("DeleteConflict", "Cannot delete entity, must detach all policies first.", ErrorCode::OutcomeUnknown),
        ("ConcurrentModification", "no", ErrorCode::ServiceUnavailable),
        ("AccessDenied", "no", ErrorCode::AccessDenied),
    ] {
        let rules = [listed(&[OLD]), attached(POLICY), detached(), inline(&[]), not_deleted(code, message)];
        assert_eq!(fail(Duration::DAY, &[], &rules).await.code(), expected, "{message}");
    }
}

#[tokio::test]
async fn all_pages_of_roles_are_looked_at() {
    let first = mock!(Client::list_roles).match_requests(|request| request.marker().is_none()).then_output(|| {
        let page = ListRolesOutput::builder().roles(role(NAME)).is_truncated(true).marker("more");
        page.build().unwrap()
    });
    let second = mock!(Client::list_roles)
        .match_requests(|request| request.marker() == Some("more"))
        .then_output(|| ListRolesOutput::builder().roles(role(OLD)).build().unwrap());
    let changes = Changes::to_list();
    let rules = [first, second, provider::found(), found(), attached(POLICY)];
    converge(&input(Duration::ZERO, &[payments()]), &changes, &rules).await.unwrap();
    assert_eq!(changes.into_list(), ["role github-acme.old: removed"]);
}
