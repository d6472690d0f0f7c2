use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::describe_account::{DescribeAccountError, DescribeAccountOutput};
use aws_sdk_organizations::operation::describe_organizational_unit::DescribeOrganizationalUnitOutput;
use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::types::error::AccountNotFoundException;
use aws_sdk_organizations::types::{Account as AwsAccount, AccountState, OrganizationalUnit, Parent, ParentType, Tag};
use aws_smithy_mocks::mock;

use super::aws::*;
use super::*;

const ACCOUNT: &str = "222222222222";

fn described() -> Rule {
    mock!(Client::describe_account).match_requests(|describe| describe.account_id() == Some(ACCOUNT)).then_output(
        || {
            let account = AwsAccount::builder().email("AWS+payments-dev@example.com").name("payments-dev").build();
            DescribeAccountOutput::builder().account(account).build()
        },
    )
}

fn untagged() -> Rule {
    tagged(&[])
}

fn tagged(tags: &'static [(&'static str, &'static str)]) -> Rule {
    mock!(Client::list_tags_for_resource).then_output(|| {
        let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build().unwrap();
        ListTagsForResourceOutput::builder().set_tags(Some(tags.iter().map(tag).collect())).build()
    })
}

fn parent(id: &'static str, kind: ParentType) -> Rule {
    mock!(Client::list_parents).then_output(move || {
        let parent = Parent::builder().id(id).r#type(kind.clone()).build();
        ListParentsOutput::builder().parents(parent).build()
    })
}

fn unit_named(name: &'static str) -> Rule {
    mock!(Client::describe_organizational_unit).then_output(move || {
        let unit = OrganizationalUnit::builder().name(name).build();
        DescribeOrganizationalUnitOutput::builder().organizational_unit(unit).build()
    })
}

async fn adopt(caller: &str, body: &Value, rules: &Rules<'_>) -> (u64, Value) {
    adopt_with_id(ACCOUNT, caller, body, rules).await
}

async fn adopt_with_id(id: &str, caller: &str, body: &Value, rules: &Rules<'_>) -> (u64, Value) {
    let mut event = event("POST", &format!("/accounts/{id}/adoption"), Some(caller));
    event["body"] = body.to_string().into();
    call(&api(rules), event).await
}

/// Adopts an account without a recorded request, with these responses of AWS Organizations.
async fn adopt_unmanaged(organizations: &[Rule]) -> (u64, Value) {
    let none = listed(&[]);
    let organizations: Vec<&Rule> = organizations.iter().collect();
    let rules = Rules { s3: &[&none], organizations: &organizations, ..Rules::default() };
    adopt(OPERATOR, &adoption(), &rules).await
}

/// An account in an OU directly below the root.
fn in_unit(name: &'static str) -> [Rule; 5] {
    let in_root = parent("r-1", ParentType::Root);
    [described(), untagged(), parent("ou-1", ParentType::OrganizationalUnit), unit_named(name), in_root]
}

fn adoption() -> Value {
    json!({ "reason": "bought with the company" })
}

#[tokio::test]
async fn adoption_uses_the_account_data_of_aws() {
    let claimed = claim(1, |record| {
        assert_eq!((record.adopt, record.account_id.as_ref().unwrap().as_str()), (true, ACCOUNT));
        assert_eq!((record.requested_by.as_str(), record.request.account_name.as_str()), (OPERATOR, "payments-dev"));
        assert_eq!(record.request.organizational_unit.to_string(), "Workloads");
        assert_eq!(record.request.reason.as_deref(), Some("bought with the company"));
    });
    let (none, start) = (listed(&[]), start(1));
    let organizations = in_unit("Workloads");
    let rules = Rules {
        s3: &[&none, &claimed],
        executions: &[&start],
        organizations: &organizations.each_ref(),
        ..Rules::default()
    };
    let (status, response) = adopt(OPERATOR, &adoption(), &rules).await;
    assert_eq!((status, &response["body"]["requestId"]), (202, &id(1).into()));
}

#[tokio::test]
async fn vended_account_is_returned() {
    let (listed, got, organizations) = (listed(&[1]), got(&vended(1)), [described(), untagged()]);
    let rules = Rules { s3: &[&listed, &got], organizations: &organizations.each_ref(), ..Rules::default() };
    let (status, response) = adopt(OPERATOR, &adoption(), &rules).await;
    assert_eq!((status, &response["body"]["status"]), (200, &"VENDED".into()));
}

#[tokio::test]
async fn failed_adoption_continues() {
    let known = Some(ACCOUNT.parse().unwrap());
    let previous = RequestRecord { adopt: true, account_id: known, ..failed(1, "AccessDenied", None) };
    let claimed = claim(2, |record| assert!(record.adopt));
    let (listed, got, start) = (listed(&[1]), got(&previous), start(2));
    let organizations = [described(), untagged(), account_state(Some("ACTIVE"))];
    let rules = Rules {
        s3: &[&listed, &got, &claimed],
        executions: &[&start],
        organizations: &organizations.each_ref(),
        ..Rules::default()
    };
    let (status, _) = adopt(OPERATOR, &adoption(), &rules).await;
    assert_eq!(status, 202);
}

#[tokio::test]
async fn only_operators_can_adopt() {
    let (status, response) = adopt(JANE, &adoption(), &Rules::default()).await;
    assert_eq!(status, 403);
    assert!(detail(&response).contains("OperatorPrincipals"));
}

#[tokio::test]
async fn ineligible_account_is_rejected_with_a_reason() {
    assert_eq!(adopt_with_id("7", OPERATOR, &adoption(), &Rules::default()).await.0, 404);
    let (status, response) = adopt(OPERATOR, &json!({ "accountId": ACCOUNT }), &Rules::default()).await;
    assert_eq!((status, pointers(&response)), (400, vec!["/accountId"]));
    assert_eq!(adopt_with_id("123456789012", OPERATOR, &adoption(), &Rules::default()).await.0, 409);

    let not_found = mock!(Client::describe_account).then_error(|| {
        let error = AccountNotFoundException::builder().meta(meta("AccountNotFoundException")).build();
        DescribeAccountError::AccountNotFoundException(error)
    });
    let rules = Rules { organizations: &[&not_found], ..Rules::default() };
    assert_eq!(adopt(OPERATOR, &adoption(), &rules).await.0, 404);

    let (status, response) = adopt_unmanaged(&[described(), untagged(), parent("r-1", ParentType::Root)]).await;
    assert_eq!(status, 409);
    assert!(detail(&response).contains("is in the root"), "{response}");
}

#[tokio::test]
async fn inactive_account_is_not_adopted() {
    let closed = mock!(Client::describe_account).then_output(|| {
        let account = AwsAccount::builder().email("aws+payments-dev@example.com").state(AccountState::PendingClosure);
        DescribeAccountOutput::builder().account(account.build()).build()
    });
    let organizations = [closed, untagged()];
    let rules = Rules { organizations: &organizations.each_ref(), ..Rules::default() };
    let (status, response) = adopt(OPERATOR, &adoption(), &rules).await;
    assert_eq!(status, 409, "{response}");
    assert!(detail(&response).contains("is pending closure"), "{response}");
}

#[tokio::test]
async fn account_in_an_ou_with_a_slash_is_not_adopted() {
    let (status, response) = adopt_unmanaged(&in_unit("Sandbox/Blue")).await;
    assert_eq!(status, 409, "{response}");
    assert!(detail(&response).contains("`Sandbox/Blue`"), "{response}");
}

#[tokio::test]
async fn failed_request_does_not_block_an_adoption() {
    for code in ["EmailAlreadyExists", "InvalidRequest", "AccountLimitExceeded"] {
        let claimed = claim(2, |record| {
            assert_eq!((record.adopt, record.account_id.as_ref().unwrap().as_str()), (true, ACCOUNT));
            assert_eq!(
                (record.requested_by.as_str(), record.request.reason.as_deref()),
                (OPERATOR, Some("bought with the company"))
            );
            assert_eq!(record.requester_since, record.requested_at);
        });
        let (listed, got, start) = (listed(&[1]), got(&failed(1, code, None)), start(2));
        let organizations = in_unit("Workloads");
        let rules = Rules {
            s3: &[&listed, &got, &claimed],
            executions: &[&start],
            organizations: &organizations.each_ref(),
            ..Rules::default()
        };
        let (status, response) = adopt(OPERATOR, &adoption(), &rules).await;
        assert_eq!((status, &response["body"]["requestId"]), (202, &id(2).into()), "{code}");
    }
}

#[tokio::test]
async fn email_of_another_account_blocks_an_adoption() {
    let other = VendedAccount { id: "333333333333".to_owned(), ..account() };
    let previous = ended(1, Some(other), None);
    let (listed, got, organizations) = (listed(&[1]), got(&previous), [described(), untagged()]);
    let rules = Rules { s3: &[&listed, &got], organizations: &organizations.each_ref(), ..Rules::default() };
    let (status, response) = adopt(OPERATOR, &adoption(), &rules).await;
    assert_eq!(status, 409, "{response}");
    assert!(detail(&response).contains(ACCOUNT) && detail(&response).contains("333333333333"), "{response}");
}

/// The records bucket was lost, or the account left the organization and returned.
#[tokio::test]
async fn tagged_account_without_a_record_is_adopted() {
    let (listed, claimed, start) = (listed(&[]), claim(1, |record| assert!(record.by_operator)), start(1));
    let mut organizations = in_unit("Workloads");
    organizations[1] = tagged(&[("account-vending:key", "any"), ("account-vending:deployment", "vending")]);
    let rules = Rules {
        s3: &[&listed, &claimed],
        executions: &[&start],
        organizations: &organizations.each_ref(),
        ..Rules::default()
    };
    assert_eq!(adopt(OPERATOR, &adoption(), &rules).await.0, 202);
}

#[tokio::test]
async fn adoption_from_a_deployment_must_name_it() {
    let theirs = || tagged(&[("account-vending:key", "any"), ("account-vending:deployment", "test")]);
    // A failed request does not make the account managed.
    let (one, last) = (listed(&[1]), got(&failed(1, "EmailAlreadyExists", None)));
    let organizations = [described(), theirs()];
    let rules = Rules { s3: &[&one, &last], organizations: &organizations.each_ref(), ..Rules::default() };
    assert_eq!(adopt(OPERATOR, &adoption(), &rules).await.0, 409);

    let (none, organizations) = (listed(&[]), [described(), theirs()]);
    let rules = Rules { s3: &[&none], organizations: &organizations.each_ref(), ..Rules::default() };
    let (status, response) = adopt(OPERATOR, &adoption(), &rules).await;
    assert_eq!(status, 409, "{response}");
    assert!(detail(&response).contains("vended by the deployment test"), "{response}");

    let (none, claimed, start) = (listed(&[]), claim(1, |_| ()), start(1));
    let mut organizations = in_unit("Workloads");
    organizations[1] = theirs();
    let rules = Rules {
        s3: &[&none, &claimed],
        executions: &[&start],
        organizations: &organizations.each_ref(),
        ..Rules::default()
    };
    let mut named = adoption();
    named["deployment"] = "test".into();
    assert_eq!(adopt(OPERATOR, &named, &rules).await.0, 202);
}

#[tokio::test]
async fn returned_account_keeps_its_requester() {
    let claimed = claim(2, |record| {
        assert_eq!((record.adopt, record.requested_by.as_str(), record.submitted_by.as_str()), (true, JANE, OPERATOR));
        assert_eq!(record.account_id.as_ref().unwrap().as_str(), ACCOUNT);
    });
    let (listed, got, start) = (listed(&[1]), got(&vended(1)), start(2));
    let organizations = [described(), untagged(), account_state(Some("ACTIVE"))];
    let rules = Rules {
        s3: &[&listed, &got, &claimed],
        executions: &[&start],
        organizations: &organizations.each_ref(),
        ..Rules::default()
    };
    rules.accounts.put_account(&AccountRecord::new(&vended(1), ACCOUNT.parse().unwrap(), "ou-1".to_owned()));
    let (status, response) = adopt(OPERATOR, &adoption(), &rules).await;
    assert_eq!((status, &response["body"]["requestId"]), (202, &id(2).into()), "{response}");
}
