use aws_sdk_organizations::operation::describe_account::{DescribeAccountError, DescribeAccountOutput};
use aws_sdk_organizations::operation::describe_create_account_status::{
    DescribeCreateAccountStatusError, DescribeCreateAccountStatusOutput,
};
use aws_sdk_organizations::operation::list_accounts::{ListAccountsError, ListAccountsOutput};
use aws_sdk_organizations::operation::list_aws_service_access_for_organization::ListAwsServiceAccessForOrganizationOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::{ListTagsForResourceError, ListTagsForResourceOutput};
use aws_sdk_organizations::types::error::AccountNotFoundException;
use aws_sdk_organizations::types::{
    Account as AwsAccount, AccountJoinedMethod, CreateAccountStatus, EnabledServicePrincipal, OrganizationalUnit,
    Parent, ParentType, Root,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::ErrorMetadata;
use vending_core::{AccountId, AccountKey, DEPLOYMENT_TAG, EmailAddress, ErrorCode, KEY_TAG, Provenance};

use super::*;

const EMAIL: &str = "pay@example.com";
const ACCOUNT: &str = "111111111111";

/// An organization that uses each rule once, in order.
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

#[tokio::test]
async fn ou_with_a_slash_cannot_be_used_in_a_path() {
    let top = units("r-1", None, &[("CI/CD", "ou-c")], None);
    let OuLookup::Missing(problem) = resolve("CI/CD", &[&root(), &top]).await else { panic!("found") };
    let detail = problem.detail;
    assert!(detail.ends_with("an OU with a slash in its name cannot be used in a path"), "{detail}");
}

#[tokio::test]
async fn empty_page_of_roots_is_not_the_last() {
    let page = |token: Option<&'static str>, next: Option<&'static str>, roots: &'static [&'static str]| {
        mock!(Client::list_roots).match_requests(move |list| list.next_token() == token).then_output(move || {
            let roots = roots.iter().map(|id| Root::builder().id(*id).build()).collect();
            ListRootsOutput::builder().set_roots(Some(roots)).set_next_token(next.map(str::to_owned)).build()
        })
    };
    let (empty, last) = (page(None, Some("more"), &[]), page(Some("more"), None, &["r-1"]));
    let top = units("r-1", None, &[("Sandbox", "ou-s")], None);
    assert_eq!(resolve("Sandbox", &[&empty, &last, &top]).await, found(&["r-1", "ou-s"]));

    let organization = organization(&[&page(None, None, &[])]);
    let error = organization.resolve(&"Sandbox".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceUnavailable);
}

#[tokio::test]
async fn empty_page_of_parents_is_not_the_last() {
    let page = |token: Option<&'static str>, next: Option<&'static str>, ids: &'static [&'static str]| {
        mock!(Client::list_parents).match_requests(move |list| list.next_token() == token).then_output(move || {
            let parent = |id: &&str| Parent::builder().id(*id).r#type(ParentType::OrganizationalUnit).build();
            let parents = ids.iter().map(parent).collect();
            ListParentsOutput::builder().set_parents(Some(parents)).set_next_token(next.map(str::to_owned)).build()
        })
    };
    let (empty, last) = (page(None, Some("more"), &[]), page(Some("more"), None, &["ou-s"]));
    let parent = organization(&[&empty, &last]).parent_of(ACCOUNT).await.unwrap();
    assert!(matches!(parent, ou_lookup::Parent::Unit(id) if id == "ou-s"));
}

#[tokio::test]
async fn rejected_tags_are_an_invalid_request() {
    for (reason, expected) in [
        ("TAG_POLICY_VIOLATION", ErrorCode::InvalidRequest),
        ("MAX_TAG_LIMIT_EXCEEDED", ErrorCode::InvalidRequest),
        ("ACCOUNT_NUMBER_LIMIT_EXCEEDED", ErrorCode::Unexpected),
    ] {
        let violation = ConstraintViolationException::builder().reason(reason.into());
        let violation = violation.meta(meta("ConstraintViolationException")).build();
        let failing = mock!(Client::tag_resource)
            .then_error(move || TagResourceError::ConstraintViolationException(violation.clone()));
        let tags = BTreeMap::from([("CostCenter".to_owned(), "7".to_owned())]);
        let error = organization(&[&failing]).tag(ACCOUNT, &tags).await.unwrap_err();
        assert_eq!(error.code(), expected, "{reason}");
    }
}

fn found(ids: &[&str]) -> OuLookup {
    OuLookup::Found(ids.iter().map(|id| id.parse().unwrap()).collect())
}

async fn resolve(path: &str, rules: &[&Rule]) -> OuLookup {
    organization(rules).resolve(&path.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn path_is_resolved_from_the_root() {
    let top = units("r-1", None, &[("Sandbox", "ou-s"), ("Workloads", "ou-w")], None);
    let below = units("ou-w", None, &[("Development", "ou-d")], None);
    let development = resolve("Workloads/Development", &[&root(), &top, &below]).await;
    assert_eq!(development, found(&["r-1", "ou-w", "ou-d"]));
}

#[tokio::test]
async fn missing_ou_is_reported_with_siblings() {
    let top = units("r-1", None, &[("Workloads", "ou-w")], None);
    let below = units("ou-w", None, &[("Development", "ou-d"), ("Production", "ou-p")], None);
    let OuLookup::Missing(problem) = resolve("Workloads/Test", &[&root(), &top, &below]).await else {
        panic!("it was found");
    };
    assert_eq!(problem.detail, "must exist: there is no OU `Test` in `Workloads`, which has Development, Production");
    assert_eq!((problem.depth, problem.siblings.len()), (1, 2));
    let nothing = units("r-1", None, &[], None);
    let OuLookup::Missing(problem) = resolve("Test", &[&root(), &nothing]).await else {
        panic!("it was found");
    };
    assert!(problem.detail.ends_with("in the root, which has no OUs"));
}

/// AWS documents that a page may be empty although more pages follow.
#[tokio::test]
async fn empty_page_of_ous_is_not_the_last() {
    let empty = units("r-1", None, &[], Some("more"));
    let second = units("r-1", Some("more"), &[("Workloads", "ou-w")], None);
    assert_eq!(resolve("Workloads", &[&root(), &empty, &second]).await, found(&["r-1", "ou-w"]));
}

#[tokio::test]
async fn root_is_read_once() {
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

fn id(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn described(account: &'static str, email: &'static str) -> Rule {
    mock!(Client::describe_account).match_requests(move |describe| describe.account_id() == Some(account)).then_output(
        move || {
            let account = AwsAccount::builder().id(account).email(email).name("pay");
            let account = account.joined_timestamp(DateTime::from_secs(1000)).build();
            DescribeAccountOutput::builder().account(account).build()
        },
    )
}

fn not_found() -> Rule {
    mock!(Client::describe_account).then_error(|| {
        let error = AccountNotFoundException::builder().meta(meta("AccountNotFoundException"));
        DescribeAccountError::AccountNotFoundException(error.build())
    })
}

fn tagged(tags: &[(&str, &str)]) -> Rule {
    let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build().unwrap();
    let tags: Vec<Tag> = tags.iter().map(tag).collect();
    mock!(Client::list_tags_for_resource)
        .then_output(move || ListTagsForResourceOutput::builder().set_tags(Some(tags.clone())).build())
}

fn tagged_for_request() -> Rule {
    let Provenance { key, deployment } = provenance();
    tagged(&[(KEY_TAG, key.as_str()), (DEPLOYMENT_TAG, &deployment)])
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

fn provenance() -> Provenance {
    Provenance { key: AccountKey::from_email(&email()), deployment: "vending".to_owned() }
}

#[tokio::test]
async fn accounts_are_listed_once_a_minute() {
    let first = listed(None, &[("222222222222", "Other@example.com"), (ACCOUNT, "PAY@example.com")], Some("more"));
    let last = listed(Some("more"), &[("333333333333", "third@example.com")], None);
    let organization = organization(&[&first, &last]);
    for (email, email_owner) in
        [(EMAIL, Some(id(ACCOUNT))), ("third@example.com", Some(id("333333333333"))), ("a@b.test", None)]
    {
        let listing = organization.listing().await.unwrap();
        assert_eq!(listing.count(), Some(3));
        assert_eq!(listing.owner_of(&email.parse().unwrap()), email_owner.as_ref());
    }
    assert_eq!((first.num_calls(), last.num_calls()), (1, 1));
}

#[tokio::test]
async fn large_organization_has_no_count() {
    let mut pages = vec![listed(None, &[(ACCOUNT, EMAIL)], Some("even"))];
    // A paginator ends if it receives the same token twice.
    pages.extend(["even", "odd"].into_iter().cycle().take(25).map(|token| {
        let next = if token == "even" { "odd" } else { "even" };
        listed(Some(token), &[("222222222222", "other@example.com")], Some(next))
    }));
    let organization = organization(&pages.iter().collect::<Vec<_>>());
    let listing = organization.listing().await.unwrap();
    assert_eq!((listing.count(), listing.owner_of(&email())), (None, Some(&id(ACCOUNT))));
}

#[tokio::test]
async fn failed_count_is_not_cached() {
    let throttled =
        mock!(Client::list_accounts).then_error(|| ListAccountsError::generic(meta("AccessDeniedException")));
    let listed = listed(None, &[(ACCOUNT, EMAIL)], None);
    let organization = organization(&[&throttled, &listed]);
    assert_eq!(organization.listing().await.unwrap_err().code(), ErrorCode::AccessDenied);
    assert_eq!(organization.listing().await.unwrap().count(), Some(1));
}

/// The services with trusted access.
fn trusted(service: &'static str) -> Rule {
    mock!(Client::list_aws_service_access_for_organization).then_output(move || {
        let service = EnabledServicePrincipal::builder().service_principal(service).build();
        ListAwsServiceAccessForOrganizationOutput::builder().enabled_service_principals(service).build()
    })
}

#[tokio::test]
async fn only_granted_trust_is_cached() {
    let (without, with) = (trusted("cloudtrail.amazonaws.com"), trusted("account.amazonaws.com"));
    let organization = organization(&[&without, &with]);
    for expected in [false, true, true] {
        assert_eq!(organization.has_trusted_access("account.amazonaws.com").await.unwrap(), expected);
    }
    assert_eq!((without.num_calls(), with.num_calls()), (1, 1));
}

/// The request was claimed at second `since`, and the account joined at second 1000.
async fn find_created_account(since: i64, rules: &[&Rule]) -> Ownership {
    let since = time::OffsetDateTime::from_unix_timestamp(since).unwrap();
    organization(rules).find_created_account(&email(), &provenance(), since, false).await.unwrap()
}

fn why(ownership: Ownership) -> String {
    let Ownership::Foreign(why) = ownership else { panic!("{ownership:?}") };
    why
}

#[tokio::test]
async fn account_is_found_by_email_on_any_page() {
    let rules = [
        &listed(None, &[("222222222222", "other@example.com")], Some("2")),
        &listed(Some("2"), &[], Some("3")),
        &listed(Some("3"), &[(ACCOUNT, "PAY@example.com")], None),
        &described(ACCOUNT, EMAIL),
        &tagged_for_request(),
    ];
    assert_eq!(find_created_account(1000, &rules).await.into_managed().unwrap().id.as_str(), ACCOUNT);
    assert_eq!(find_created_account(1000, &[&listed(None, &[], None)]).await, Ownership::NotFound);
    let removed = [&listed(None, &[(ACCOUNT, EMAIL)], None), &not_found()];
    assert_eq!(find_created_account(1000, &removed).await, Ownership::NotFound);
}

#[tokio::test]
async fn account_of_another_request_is_foreign() {
    let find = |since: i64, tags: Rule| async move {
        find_created_account(since, &[&listed(None, &[(ACCOUNT, EMAIL)], None), &described(ACCOUNT, EMAIL), &tags])
            .await
    };
    assert!(find(1000 + 299, tagged_for_request()).await.into_managed().is_some(), "clock skew");
    assert!(why(find(1000 + 301, tagged_for_request()).await).contains("is older than the request"));
    assert!(why(find(1000, tagged(&[])).await).contains("was not created by this stack"));
    let key = (KEY_TAG, AccountKey::from_email(&email()).to_string());
    assert!(why(find(1000, tagged(&[(key.0, &key.1)])).await).contains("another request of an unknown deployment"));
    let other = tagged(&[(key.0, &key.1), (DEPLOYMENT_TAG, "other")]);
    assert!(why(find(1000, other).await).contains("another request of other"));
    let of_another = tagged(&[(KEY_TAG, "another"), (DEPLOYMENT_TAG, "vending")]);
    assert!(why(find(1000, of_another).await).contains("another request of vending"));
}

/// A call without a response may have created the account, and AWS shows an account before its tags.
#[tokio::test]
async fn missing_tags_of_a_created_account_are_retried() {
    for (method, minutes, may_be_new, is_retried) in [
        (AccountJoinedMethod::Created, 1, true, true),
        (AccountJoinedMethod::Created, 1, false, false),
        (AccountJoinedMethod::Created, 16, true, false),
        (AccountJoinedMethod::Invited, 1, true, false),
    ] {
        let joined = time::OffsetDateTime::now_utc() - time::Duration::minutes(minutes);
        let joined = DateTime::from_secs(joined.unix_timestamp());
        let account =
            AwsAccount::builder().id(ACCOUNT).email(EMAIL).joined_method(method).joined_timestamp(joined).build();
        let described = || {
            let account = account.clone();
            mock!(Client::describe_account)
                .then_output(move || DescribeAccountOutput::builder().account(account.clone()).build())
        };
        let since = time::OffsetDateTime::UNIX_EPOCH;
        let rules = [listed(None, &[(ACCOUNT, EMAIL)], None), described(), tagged(&[])];
        let found =
            organization(&rules.each_ref()).find_created_account(&email(), &provenance(), since, may_be_new).await;
        assert_eq!(found.is_err_and(|error| error.code() == ErrorCode::NotReady), is_retried);
        if may_be_new {
            let rules = [described(), tagged(&[])];
            let found = organization(&rules.each_ref()).recorded_account(&id(ACCOUNT), &provenance()).await;
            assert_eq!(found.is_err_and(|error| error.code() == ErrorCode::NotReady), is_retried);
        }
    }
}

#[tokio::test]
async fn recorded_account_is_verified_by_its_tags() {
    let recorded = |rules: Vec<Rule>| async move {
        let rules: Vec<&Rule> = rules.iter().collect();
        organization(&rules).recorded_account(&id(ACCOUNT), &provenance()).await.unwrap()
    };
    let renamed = recorded(vec![described(ACCOUNT, "new@example.com"), tagged_for_request()]).await;
    assert_eq!(renamed.into_managed().unwrap().email, "new@example.com");
    let returned = recorded(vec![described(ACCOUNT, EMAIL), tagged(&[])]).await;
    assert!(why(returned).contains("no longer has the tags of this request"));
    assert_eq!(recorded(vec![not_found()]).await, Ownership::NotFound);
}

#[tokio::test]
async fn unusable_account_is_reported_with_its_state() {
    for (state, reason) in [
        ("ACTIVE", None),
        ("SUSPENDED", Some("is suspended")),
        ("PENDING_CLOSURE", Some("is pending closure")),
        ("CLOSED", Some("is closed")),
    ] {
        let described = mock!(Client::describe_account).then_output(move || {
            let account = AwsAccount::builder().id(ACCOUNT).state(state.into()).build();
            DescribeAccountOutput::builder().account(account).build()
        });
        let found = organization(&[&described]).unusable_reason(&id(ACCOUNT)).await.unwrap();
        assert_eq!(found.is_some(), reason.is_some(), "{state}");
        assert!(found.unwrap_or_default().contains(reason.unwrap_or_default()));
    }
    let removed = organization(&[&not_found()]).unusable_reason(&id(ACCOUNT)).await.unwrap().unwrap();
    assert!(removed.contains("no longer in the organization"), "{removed}");
}

#[tokio::test]
async fn denied_read_is_not_not_found() {
    let denied = mock!(Client::describe_account).then_error(|| DescribeAccountError::generic(meta("AccessDenied")));
    let error = organization(&[&denied]).describe(&id(ACCOUNT)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
}

#[tokio::test]
async fn creation_status_is_read_by_id() {
    let status = mock!(Client::describe_create_account_status)
        .match_requests(|describe| describe.create_account_request_id() == Some("car-1"))
        .then_output(|| {
            let status = CreateAccountStatus::builder().account_id(ACCOUNT).build();
            DescribeCreateAccountStatusOutput::builder().create_account_status(status).build()
        });
    let found = organization(&[&status]).creation_status("car-1").await.unwrap();
    assert_eq!(found.account_id(), Some(ACCOUNT));
}

#[tokio::test]
async fn unknown_creation_is_retried() {
    for (code, expected) in [
        ("CreateAccountStatusNotFoundException", ErrorCode::NotReady),
        ("AccessDeniedException", ErrorCode::AccessDenied),
    ] {
        let failing = mock!(Client::describe_create_account_status)
            .then_error(move || DescribeCreateAccountStatusError::generic(meta(code)));
        let error = organization(&[&failing]).creation_status("car-1").await.unwrap_err();
        assert_eq!(error.code(), expected);
    }
}

#[tokio::test]
async fn hidden_tags_of_a_new_account_are_retried() {
    let unseen = mock!(Client::list_tags_for_resource)
        .then_error(|| ListTagsForResourceError::generic(meta("TargetNotFoundException")));
    let error = organization(&[&described(ACCOUNT, EMAIL), &unseen]).describe(&id(ACCOUNT)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
}
