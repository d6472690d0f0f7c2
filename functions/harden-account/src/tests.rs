use std::collections::BTreeSet;

use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;
use vending_core::{ErrorCode, samples};
use vending_runtime::SessionPolicy;

use super::*;
use crate::alias::tests as alias;
use crate::analyzer::tests as analyzer;
use crate::password_policy::tests as password_policy;
use crate::public_access::tests as public_access;

/// An account that has settled.
pub(crate) fn input() -> BaselineInput {
    let mut input = samples::baseline_input(Duration::WEEK);
    input.request.account_name = "Payments Dev".to_owned();
    input.governed_regions = ["us-east-1", "eu-west-1"].map(str::to_owned).to_vec();
    input.enabled_regions.clone_from(&input.governed_regions);
    input
}

/// An error of IAM or S3 Control, which write XML.
pub(crate) fn xml_refusal(code: &str) -> Response {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// Every rule was called once; a client calls its rules in order, and fails a call that has none.
pub(crate) fn assert_each_called_once<'a>(rules: impl Iterator<Item = &'a Rule>) {
    for (index, rule) in rules.enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

fn start(variables: fn(&str) -> Option<String>) -> Result<HardenAccount, String> {
    let step = HardenAccount::new(&SdkConfig::builder().build(), &Environment::of(variables));
    step.map_err(|error| error.to_string())
}

/// What is called of each service: of IAM the password policy, then the alias.
struct Calls {
    s3: Vec<Rule>,
    iam: Vec<Rule>,
    us_east_1: Vec<Rule>,
    eu_west_1: Vec<Rule>,
}

impl Calls {
    fn of_a_right_account() -> Self {
        Self {
            s3: vec![public_access::blocked()],
            iam: vec![password_policy::found(password_policy::strict()), alias::current(Some("acme-payments-dev"))],
            us_east_1: vec![analyzer::listed("theirs")],
            eu_west_1: vec![analyzer::listed("account-vending")],
        }
    }

    fn of_a_fresh_account() -> Self {
        Self {
            s3: vec![public_access::absent(), public_access::put()],
            iam: vec![
                password_policy::absent(),
                password_policy::put(password_policy::strict()),
                alias::current(None),
                alias::created("acme-payments-dev"),
            ],
            us_east_1: vec![analyzer::none_listed(), analyzer::created()],
            eu_west_1: vec![analyzer::none_listed(), analyzer::created()],
        }
    }

    async fn converge(&self, coverage: Coverage, changes: &Changes) -> Result<Converged, StepError> {
        let step = HardenAccount {
            config: SdkConfig::builder().build(),
            alias_pattern: Some("acme-{accountName}".parse().unwrap()),
            security_account: None,
        };
        let regional = |region: &str, rules: &[Rule]| {
            (region.to_owned(), mock_client!(aws_sdk_accessanalyzer, RuleMode::Sequential, rules))
        };
        let account = Account {
            s3: mock_client!(aws_sdk_s3control, RuleMode::Sequential, &self.s3),
            iam: mock_client!(aws_sdk_iam, RuleMode::Sequential, &self.iam),
            analyzers: vec![regional("us-east-1", &self.us_east_1), regional("eu-west-1", &self.eu_west_1)],
            coverage,
        };
        let converged = step.converge(&account, &input(), changes).await;
        assert_each_called_once([&self.s3, &self.iam, &self.us_east_1, &self.eu_west_1].into_iter().flatten());
        converged
    }
}

#[tokio::test]
async fn a_fresh_account_gets_everything() {
    let changes = Changes::to_make();
    Calls::of_a_fresh_account().converge(Coverage::default(), &changes).await.unwrap();
    assert_eq!(
        changes.into_list(),
        [
            "blocked public access to S3",
            "raised the password policy",
            "set the alias acme-payments-dev",
            "created the analyzer account-vending in us-east-1",
            "created the analyzer account-vending in eu-west-1",
        ]
    );
}

#[tokio::test]
async fn an_account_that_is_right_is_only_looked_at() {
    let changes = Changes::to_make();
    let converged = Calls::of_a_right_account().converge(Coverage::default(), &changes).await.unwrap();
    let expected = Converged::new(
        "public access to S3 is blocked; the password policy is strict enough; the alias is acme-payments-dev; an analyzer looks at the account in us-east-1, eu-west-1",
    );
    assert_eq!(converged, expected);
    assert!(changes.into_list().is_empty());
}

#[tokio::test]
async fn a_look_alone_changes_nothing() {
    let calls = Calls {
        s3: vec![public_access::absent()],
        iam: vec![password_policy::absent(), alias::current(None)],
        us_east_1: vec![analyzer::none_listed()],
        eu_west_1: vec![analyzer::none_listed()],
    };
    let changes = Changes::to_list();
    calls.converge(Coverage::default(), &changes).await.unwrap();
    assert_eq!(changes.into_list().len(), 5);
}

#[tokio::test]
async fn what_alone_was_undone_is_alone_put_right() {
    type Undo = fn(&mut Calls);
    let cases: [(Undo, &str); 4] = [
        (|calls| calls.s3 = Calls::of_a_fresh_account().s3, "blocked public access to S3"),
        (
            |calls| {
                calls.iam[0] = password_policy::absent();
                calls.iam.insert(1, password_policy::put(password_policy::strict()));
            },
            "raised the password policy",
        ),
        (
            |calls| {
                calls.iam[1] = alias::current(None);
                calls.iam.push(alias::created("acme-payments-dev"));
            },
            "set the alias acme-payments-dev",
        ),
        (
            |calls| calls.eu_west_1 = Calls::of_a_fresh_account().eu_west_1,
            "created the analyzer account-vending in eu-west-1",
        ),
    ];
    for (undo, expected) in cases {
        let mut calls = Calls::of_a_right_account();
        undo(&mut calls);
        let changes = Changes::to_make();
        calls.converge(Coverage::default(), &changes).await.unwrap();
        assert_eq!(changes.into_list(), [expected]);
    }
}

#[tokio::test]
async fn one_denial_keeps_nothing_else_from_being_put_right() {
    let mut calls = Calls::of_a_fresh_account();
    calls.s3 = vec![public_access::refused("AccessDenied")];
    let changes = Changes::to_make();
    let error = calls.converge(Coverage::default(), &changes).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    assert_eq!(changes.into_list().len(), 4);
}

#[tokio::test]
async fn a_region_that_the_organization_looks_at_is_not_asked() {
    let mut calls = Calls::of_a_right_account();
    calls.us_east_1.clear();
    let coverage =
        Coverage { regions: BTreeSet::from(["us-east-1".to_owned()]), note: Some("eu-west-1 is unseen".to_owned()) };
    let converged = calls.converge(coverage, &Changes::to_make()).await.unwrap();
    let expected = Converged::new(
        "public access to S3 is blocked; the password policy is strict enough; the alias is acme-payments-dev; the organization's analyzers look at the account in us-east-1; an analyzer looks at the account in eu-west-1",
    );
    assert_eq!(converged, expected.with_note("eu-west-1 is unseen"));
}

#[test]
fn settings_are_checked_at_the_start() {
    let step = start(|_| None).unwrap();
    assert_eq!((step.alias_pattern, step.security_account), (None, None));
    let complete = start(|name| match name {
        "ACCOUNT_ALIAS_PATTERN" => Some("acme-{accountName}".to_owned()),
        "SECURITY_ACCOUNT_ID" => Some("222222222222".to_owned()),
        _ => None,
    });
    let complete = complete.unwrap();
    assert_eq!(complete.alias_pattern, Some("acme-{accountName}".parse().unwrap()));
    assert_eq!(complete.security_account.unwrap().as_str(), "222222222222");
    let pattern = start(|name| (name == "ACCOUNT_ALIAS_PATTERN").then(|| "acme".to_owned())).unwrap_err();
    assert!(pattern.contains("ACCOUNT_ALIAS_PATTERN is wrong: `acme` must contain {accountName}"), "{pattern}");
    let account = start(|name| (name == "SECURITY_ACCOUNT_ID").then(|| "audit".to_owned())).unwrap_err();
    assert!(account.contains("SECURITY_ACCOUNT_ID is wrong"), "{account}");
}

#[test]
fn the_session_policies_fit_into_what_sts_takes() {
    assert!(SESSION_ACTIONS.is_sorted());
    for actions in [SESSION_ACTIONS, organization::SESSION_ACTIONS] {
        let policy = format!("{:?}", SessionPolicy::allow(actions));
        assert!(policy.len() < 2_048, "{}", policy.len());
    }
}
