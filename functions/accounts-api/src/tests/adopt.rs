use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::describe_account::{DescribeAccountError, DescribeAccountOutput};
use aws_sdk_organizations::operation::describe_organizational_unit::DescribeOrganizationalUnitOutput;
use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::types::error::AccountNotFoundException;
use aws_sdk_organizations::types::{Account as AwsAccount, OrganizationalUnit, Parent, ParentType};
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
    mock!(Client::list_tags_for_resource).then_output(|| ListTagsForResourceOutput::builder().build())
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
    let mut event = post_event(caller, body);
    event["resource"] = "/accounts/adopt".into();
    call(&api(rules), event).await
}

fn asked() -> Value {
    json!({ "accountId": ACCOUNT, "reason": "bought with the company" })
}

#[tokio::test]
async fn an_account_is_asked_for_as_aws_knows_it() {
    let claimed = claim(1, |record| {
        assert_eq!((record.adopt, record.account_id.as_ref().unwrap().as_str()), (true, ACCOUNT));
        assert_eq!((record.requested_by.as_str(), record.request.account_name.as_str()), (OPERATOR, "payments-dev"));
        assert_eq!(record.request.organizational_unit.to_string(), "Workloads");
        assert_eq!(record.request.reason.as_deref(), Some("bought with the company"));
    });
    let (none, start) = (listed(&[]), start(1));
    let organizations = [
        described(),
        untagged(),
        parent("ou-w", ParentType::OrganizationalUnit),
        unit_named("Workloads"),
        parent("r-1", ParentType::Root),
    ];
    let rules = Rules {
        s3: &[&none, &claimed],
        executions: &[&start],
        organizations: &organizations.each_ref(),
        ..Rules::default()
    };
    let (status, answer) = adopt(OPERATOR, &asked(), &rules).await;
    assert_eq!((status, &answer["body"]["requestId"]), (202, &id(1).into()));
}

#[tokio::test]
async fn an_account_that_stands_is_shown() {
    let (listed, got, organizations) = (listed(&[1]), got(&vended(1)), [described(), untagged()]);
    let rules = Rules { s3: &[&listed, &got], organizations: &organizations.each_ref(), ..Rules::default() };
    let (status, answer) = adopt(OPERATOR, &asked(), &rules).await;
    assert_eq!((status, &answer["body"]["status"]), (200, &"VENDED".into()));
}

#[tokio::test]
async fn an_adoption_that_failed_goes_on() {
    let previous = RequestRecord { adopt: true, ..failed(1, "AccessDenied", None) };
    let claimed = claim(2, |record| assert!(record.adopt));
    let (listed, got, start) = (listed(&[1]), got(&previous), start(2));
    let organizations = [described(), untagged()];
    let rules = Rules {
        s3: &[&listed, &got, &claimed],
        executions: &[&start],
        organizations: &organizations.each_ref(),
        ..Rules::default()
    };
    let (status, _) = adopt(OPERATOR, &asked(), &rules).await;
    assert_eq!(status, 202);
}

#[tokio::test]
async fn only_operators_adopt() {
    let (status, answer) = adopt(JANE, &asked(), &Rules::default()).await;
    assert_eq!(status, 403);
    assert!(detail(&answer).contains("OperatorPrincipals"));
}

#[tokio::test]
async fn what_cannot_be_adopted_is_refused_with_its_reason() {
    let (status, answer) = adopt(OPERATOR, &json!({ "accountId": "7" }), &Rules::default()).await;
    assert_eq!((status, pointers(&answer)), (400, vec!["/accountId"]));
    let management = json!({ "accountId": "123456789012" });
    assert_eq!(adopt(OPERATOR, &management, &Rules::default()).await.0, 409);

    let absent = mock!(Client::describe_account).then_error(|| {
        let error = AccountNotFoundException::builder().meta(meta("AccountNotFoundException")).build();
        DescribeAccountError::AccountNotFoundException(error)
    });
    let rules = Rules { organizations: &[&absent], ..Rules::default() };
    assert_eq!(adopt(OPERATOR, &asked(), &rules).await.0, 404);

    let (none, organizations) = (listed(&[]), [described(), untagged(), parent("r-1", ParentType::Root)]);
    let rules = Rules { s3: &[&none], organizations: &organizations.each_ref(), ..Rules::default() };
    let (status, answer) = adopt(OPERATOR, &asked(), &rules).await;
    assert_eq!(status, 409);
    assert!(detail(&answer).contains("is in the root"), "{answer}");
}

#[tokio::test]
async fn protected_accounts_are_not_adopted() {
    let organizations = [
        described(),
        untagged(),
        parent("ou-s", ParentType::OrganizationalUnit),
        unit_named("Security"),
        parent("r-1", ParentType::Root),
    ];
    let none = listed(&[]);
    let rules = Rules { s3: &[&none], organizations: &organizations.each_ref(), ..Rules::default() };
    let (status, answer) = adopt(OPERATOR, &asked(), &rules).await;
    assert_eq!((status, pointers(&answer)), (400, vec!["/accountId"]));
}
