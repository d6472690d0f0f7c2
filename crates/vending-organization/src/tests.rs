use aws_sdk_organizations::operation::describe_account::{DescribeAccountError, DescribeAccountOutput};
use aws_sdk_organizations::operation::describe_create_account_status::{
    DescribeCreateAccountStatusError, DescribeCreateAccountStatusOutput,
};
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::{ListTagsForResourceError, ListTagsForResourceOutput};
use aws_sdk_organizations::types::error::AccountNotFoundException;
use aws_sdk_organizations::types::{Account as AwsAccount, CreateAccountStatus, OrganizationalUnit, Root};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use vending_core::{AccountId, AccountKey, EmailAddress, ErrorCode, KEY_TAG};

use super::*;

const EMAIL: &str = "pay@example.com";
const OURS: &str = "111111111111";

/// An organization that answers each rule once, in order, and nothing else.
fn organization(rules: &[&Rule]) -> Organization {
    Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules))
}

fn meta(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("from AWS").build()
}

fn root() -> Rule {
    mock!(Client::list_roots)
        .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-1").build()).build())
}

/// A page of the organizational units below a parent.
fn units(
    parent: &'static str,
    token: Option<&'static str>,
    units: &'static [(&'static str, &'static str)],
    next: Option<&'static str>,
) -> Rule {
    mock!(Client::list_organizational_units_for_parent)
        .match_requests(move |list| list.parent_id() == Some(parent) && list.next_token() == token)
        .then_output(move || {
            let unit = |(name, id): &(&str, &str)| OrganizationalUnit::builder().name(*name).id(*id).build();
            ListOrganizationalUnitsForParentOutput::builder()
                .set_organizational_units(Some(units.iter().map(unit).collect()))
                .set_next_token(next.map(str::to_owned))
                .build()
        })
}

async fn resolve(path: &str, rules: &[&Rule]) -> Units {
    organization(rules).resolve(&path.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_path_is_followed_from_the_root() {
    let top = units("r-1", None, &[("Sandbox", "ou-s"), ("Workloads", "ou-w")], None);
    let below = units("ou-w", None, &[("Development", "ou-d")], None);
    let found = resolve("Workloads/Development", &[&root(), &top, &below]).await;
    assert_eq!(found, Units::Found("ou-d".to_owned()));
}

#[tokio::test]
async fn a_missing_unit_is_told_with_its_siblings() {
    let top = units("r-1", None, &[("Workloads", "ou-w")], None);
    let below = units("ou-w", None, &[("Development", "ou-d"), ("Production", "ou-p")], None);
    let Units::Missing(problem) = resolve("Workloads/Test", &[&root(), &top, &below]).await else {
        panic!("it was found");
    };
    assert_eq!(problem, "must exist: there is no `Test` below `Workloads`, which has Development, Production");
    let nothing = units("r-1", None, &[], None);
    let Units::Missing(problem) = resolve("Test", &[&root(), &nothing]).await else {
        panic!("it was found");
    };
    assert!(problem.ends_with("below the root, which has no organizational units"));
}

/// AWS documents that a page may be empty although more follow.
#[tokio::test]
async fn an_empty_page_is_not_the_last() {
    let empty = units("r-1", None, &[], Some("more"));
    let second = units("r-1", Some("more"), &[("Workloads", "ou-w")], None);
    assert_eq!(resolve("Workloads", &[&root(), &empty, &second]).await, Units::Found("ou-w".to_owned()));
}

#[tokio::test]
async fn the_root_is_asked_for_once() {
    let top = || units("r-1", None, &[("Workloads", "ou-w")], None);
    let (root, first, second) = (root(), top(), top());
    let organization = organization(&[&root, &first, &second]);
    for _ in 0..2 {
        organization.resolve(&"Workloads".parse().unwrap()).await.unwrap();
    }
    assert_eq!(root.num_calls(), 1);
}

fn email() -> EmailAddress {
    EMAIL.parse().unwrap()
}

fn id(text: &str) -> AccountId {
    text.parse().unwrap()
}

fn described(account: &'static str, email: &'static str) -> Rule {
    mock!(Client::describe_account).match_requests(move |describe| describe.account_id() == Some(account)).then_output(
        move || {
            let account = AwsAccount::builder().id(account).email(email).name("pay").build();
            DescribeAccountOutput::builder().account(account).build()
        },
    )
}

fn unknown() -> Rule {
    mock!(Client::describe_account).then_error(|| {
        let error = AccountNotFoundException::builder().meta(meta("AccountNotFoundException"));
        DescribeAccountError::AccountNotFoundException(error.build())
    })
}

fn tagged(key: &str) -> Rule {
    let tag = Tag::builder().key(KEY_TAG).value(key).build().unwrap();
    mock!(Client::list_tags_for_resource)
        .then_output(move || ListTagsForResourceOutput::builder().tags(tag.clone()).build())
}

fn tagged_as_ours() -> Rule {
    tagged(AccountKey::of(&email()).as_str())
}

fn listed(
    token: Option<&'static str>,
    accounts: &'static [(&'static str, &'static str)],
    next: Option<&'static str>,
) -> Rule {
    mock!(Client::list_accounts).match_requests(move |list| list.next_token() == token).then_output(move || {
        let account = |(id, email): &(&str, &str)| AwsAccount::builder().id(*id).email(*email).build();
        ListAccountsOutput::builder()
            .set_accounts(Some(accounts.iter().map(account).collect()))
            .set_next_token(next.map(str::to_owned))
            .build()
    })
}

async fn find(hint: Option<&str>, rules: &[&Rule]) -> Ownership {
    organization(rules).find(hint.map(id).as_ref(), &email()).await.unwrap()
}

#[tokio::test]
async fn a_right_hint_saves_the_search() {
    let found = find(Some(OURS), &[&described(OURS, "Pay@Example.com"), &tagged_as_ours()]).await;
    let account = found.ours().unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), (OURS, "pay"));
}

#[tokio::test]
async fn a_hint_that_is_gone_is_searched_for() {
    let rules = [&unknown(), &listed(None, &[(OURS, EMAIL)], None), &described(OURS, EMAIL), &tagged_as_ours()];
    assert_eq!(find(Some("222222222222"), &rules).await.ours().unwrap().id.as_str(), OURS);
    let rules = [&unknown(), &listed(None, &[], None)];
    assert_eq!(find(Some("222222222222"), &rules).await, Ownership::Absent);
}

#[tokio::test]
async fn an_account_is_found_by_its_email_on_any_page() {
    let rules = [
        &listed(None, &[("222222222222", "other@example.com")], Some("2")),
        &listed(Some("2"), &[], Some("3")),
        &listed(Some("3"), &[(OURS, "PAY@example.com")], None),
        &described(OURS, EMAIL),
        &tagged_as_ours(),
    ];
    assert_eq!(find(None, &rules).await.ours().unwrap().id.as_str(), OURS);
}

#[tokio::test]
async fn an_account_that_does_not_prove_to_be_ours_is_not() {
    let by_tag = find(Some(OURS), &[&described(OURS, EMAIL), &tagged("somebody else's")]).await;
    assert_eq!(by_tag, Ownership::NotOurs);
    let by_email = find(Some(OURS), &[&described(OURS, "other@example.com"), &tagged_as_ours()]).await;
    assert_eq!(by_email, Ownership::NotOurs);
    assert_eq!(by_email.ours(), None);
}

#[tokio::test]
async fn a_denied_look_is_no_absence() {
    let denied = mock!(Client::describe_account).then_error(|| DescribeAccountError::generic(meta("AccessDenied")));
    let error = organization(&[&denied]).verify(&id(OURS), &email()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}

#[tokio::test]
async fn a_creation_is_read_by_its_id() {
    let status = mock!(Client::describe_create_account_status)
        .match_requests(|describe| describe.create_account_request_id() == Some("car-1"))
        .then_output(|| {
            let status = CreateAccountStatus::builder().account_id(OURS).build();
            DescribeCreateAccountStatusOutput::builder().create_account_status(status).build()
        });
    let found = organization(&[&status]).creation("car-1").await.unwrap();
    assert_eq!(found.account_id(), Some(OURS));
}

#[tokio::test]
async fn a_creation_that_aws_does_not_know_is_too_new() {
    for (code, expected) in [
        ("CreateAccountStatusNotFoundException", ErrorCode::NotReady),
        ("AccessDeniedException", ErrorCode::AccessDenied),
    ] {
        let refused = mock!(Client::describe_create_account_status)
            .then_error(move || DescribeCreateAccountStatusError::generic(meta(code)));
        let error = organization(&[&refused]).creation("car-1").await.unwrap_err();
        assert_eq!(error.code(), expected);
    }
}

#[tokio::test]
async fn tags_of_an_account_that_is_too_new_are_waited_for() {
    let unseen = mock!(Client::list_tags_for_resource)
        .then_error(|| ListTagsForResourceError::generic(meta("TargetNotFoundException")));
    let error = organization(&[&described(OURS, EMAIL), &unseen]).describe(&id(OURS)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
}
