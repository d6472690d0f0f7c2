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

fn deletion_fails(code: &'static str, message: &'static str) -> Rule {
    mock!(Client::delete_role).then_http_response(move || error_with_message(code, message))
}

#[tokio::test]
async fn role_of_removed_repository_is_deleted() {
    let rules = [listed(&[OLD]), attached(POLICY), detached(), inline(&[]), deleted()];
    let (converged, changes) = run(&[], &rules).await;
    assert_eq!(converged, Converged::new("no GitHub repository can deploy"));
    assert_eq!(changes, ["role github-acme.old: deleted"]);
}

#[tokio::test]
async fn only_the_list_is_read_back_after_a_deletion() {
    let deletion = [listed(&[OLD]), attached(POLICY), detached(), inline(&[]), deleted()];
    let unchanged = [provider::found(), found(), attached(POLICY)];
    let rules: Vec<Rule> = deletion.into_iter().chain(unchanged).chain([listed(&[])]).collect();
    run_and_read_back(&[payments()], &rules).await;
}

#[tokio::test]
async fn leftover_inline_policies_are_deleted() {
    let mut rules =
        vec![listed(&[NAME, OLD]), attached(POLICY), detached(), inline(&["theirs"]), inline_deleted(), deleted()];
    rules.extend([provider::found(), found(), attached(POLICY)]);
    let (converged, changes) = run(&[payments()], &rules).await;
    assert_eq!(converged, payments_can_deploy());
    assert_eq!(changes, ["role github-acme.old: deleted"]);
}

#[tokio::test]
async fn concurrently_deleted_role_counts_as_deleted() {
    let attached = mock!(Client::list_attached_role_policies).then_http_response(|| error_response("NoSuchEntity"));
    let inline = mock!(Client::list_role_policies).then_http_response(|| error_response("NoSuchEntity"));
    let rules = [listed(&[OLD]), attached, inline, deletion_fails("NoSuchEntity", "no")];
    let (_, changes) = run(&[], &rules).await;
    assert_eq!(changes, ["role github-acme.old: deleted"]);
}

#[tokio::test]
async fn deletion_errors_map_to_error_codes() {
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
        let rules = [listed(&[OLD]), attached(POLICY), detached(), inline(&[]), deletion_fails(code, message)];
        assert_eq!(failure(Duration::DAY, &[], &rules).await.code(), expected, "{message}");
    }
}

#[tokio::test]
async fn all_pages_of_roles_are_read() {
    let first = mock!(Client::list_roles).match_requests(|request| request.marker().is_none()).then_output(|| {
        let page = ListRolesOutput::builder().roles(role(NAME)).is_truncated(true).marker("more");
        page.build().unwrap()
    });
    let second = mock!(Client::list_roles)
        .match_requests(|request| request.marker() == Some("more"))
        .then_output(|| ListRolesOutput::builder().roles(role(OLD)).build().unwrap());
    let changes = Changes::plan();
    let rules = [first, second, provider::found(), found(), attached(POLICY)];
    converge(&input(Duration::ZERO, &[payments()]), &changes, &rules).await.unwrap();
    assert_eq!(changes.into_names(), ["role github-acme.old: deleted"]);
}
