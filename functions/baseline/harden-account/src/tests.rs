use std::collections::BTreeSet;

use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;
use vending_core::{ErrorCode, fixtures};

use super::*;
use crate::alias::tests as alias;
use crate::analyzer::tests as analyzer;
use crate::password_policy::tests as password_policy;
use crate::public_access::tests as public_access;

/// The input for an account that is not new.
pub(crate) fn input() -> BaselineInput {
    let mut input = fixtures::baseline_input(Duration::WEEK);
    input.request.account_name = "Payments Dev".to_owned();
    input.settings.governed_regions = ["us-east-1", "eu-west-1"].map(str::to_owned).to_vec();
    input.settings.alias_pattern = Some("acme-{accountName}".parse().unwrap());
    input.enabled_regions.clone_from(&input.settings.governed_regions);
    input
}

/// An error response of IAM or S3 Control, in XML.
pub(crate) fn xml_error(code: &str) -> Response {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

/// Asserts that each rule was called once. A client calls its rules in order, and fails a call without a rule.
pub(crate) fn assert_each_called_once<'a>(rules: impl Iterator<Item = &'a Rule>) {
    for (index, rule) in rules.enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

fn start(variables: fn(&str) -> Option<String>) -> Result<HardenAccount, String> {
    let step = HardenAccount::new(&SdkConfig::builder().build(), &Environment::from_fn(variables));
    step.map_err(|error| error.to_string())
}

/// The expected calls by service. For IAM: the password policy, then the alias.
struct Calls {
    s3: Vec<Rule>,
    iam: Vec<Rule>,
    us_east_1: Vec<Rule>,
    eu_west_1: Vec<Rule>,
}

impl Calls {
    fn up_to_date_account() -> Self {
        Self {
            s3: vec![public_access::blocked()],
            iam: vec![password_policy::found(password_policy::baseline()), alias::current(Some("acme-payments-dev"))],
            us_east_1: vec![analyzer::listed("theirs")],
            eu_west_1: vec![analyzer::listed("account-vending")],
        }
    }

    fn new_account() -> Self {
        Self {
            s3: vec![public_access::absent(), public_access::put()],
            iam: vec![
                password_policy::absent(),
                password_policy::put(password_policy::baseline()),
                alias::current(None),
                alias::created("acme-payments-dev"),
            ],
            us_east_1: vec![analyzer::none_listed(), analyzer::created()],
            eu_west_1: vec![analyzer::none_listed(), analyzer::created()],
        }
    }

    async fn converge(&self, coverage: Coverage, changes: &Changes) -> Result<Converged, StepError> {
        let step = HardenAccount { config: SdkConfig::builder().build(), security_account: None };
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
async fn new_account_gets_all_settings() {
    let changes = Changes::apply();
    Calls::new_account().converge(Coverage::default(), &changes).await.unwrap();
    assert_eq!(
        changes.into_names(),
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
async fn up_to_date_account_is_only_read() {
    let changes = Changes::apply();
    let converged = Calls::up_to_date_account().converge(Coverage::default(), &changes).await.unwrap();
    let expected = Converged::new(
        "public access to S3 is blocked; the password policy meets the baseline; the alias is acme-payments-dev; an analyzer covers the account in us-east-1, eu-west-1",
    );
    assert_eq!(converged, expected);
    assert!(changes.into_names().is_empty());
}

#[tokio::test]
async fn plan_changes_nothing() {
    let calls = Calls {
        s3: vec![public_access::absent()],
        iam: vec![password_policy::absent(), alias::current(None)],
        us_east_1: vec![analyzer::none_listed()],
        eu_west_1: vec![analyzer::none_listed()],
    };
    let changes = Changes::plan();
    calls.converge(Coverage::default(), &changes).await.unwrap();
    assert_eq!(changes.into_names().len(), 5);
}

#[tokio::test]
async fn only_the_drifted_part_is_repaired() {
    type Undo = fn(&mut Calls);
    let cases: [(Undo, &str); 4] = [
        (|calls| calls.s3 = Calls::new_account().s3, "blocked public access to S3"),
        (
            |calls| {
                calls.iam[0] = password_policy::absent();
                calls.iam.insert(1, password_policy::put(password_policy::baseline()));
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
        (|calls| calls.eu_west_1 = Calls::new_account().eu_west_1, "created the analyzer account-vending in eu-west-1"),
    ];
    for (undo, expected) in cases {
        let mut calls = Calls::up_to_date_account();
        undo(&mut calls);
        let changes = Changes::apply();
        calls.converge(Coverage::default(), &changes).await.unwrap();
        assert_eq!(changes.into_names(), [expected]);
    }
}

#[tokio::test]
async fn one_denied_part_does_not_stop_the_others() {
    let mut calls = Calls::new_account();
    calls.s3 = vec![public_access::get_fails("AccessDenied")];
    let changes = Changes::apply();
    let error = calls.converge(Coverage::default(), &changes).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    assert_eq!(changes.into_names().len(), 4);
}

#[tokio::test]
async fn region_covered_by_organization_is_not_called() {
    let mut calls = Calls::up_to_date_account();
    calls.us_east_1.clear();
    let coverage = Coverage {
        regions: BTreeSet::from(["us-east-1".to_owned()]),
        note: Some("eu-west-1 is unreadable".to_owned()),
    };
    let converged = calls.converge(coverage, &Changes::apply()).await.unwrap();
    let expected = Converged::new(
        "public access to S3 is blocked; the password policy meets the baseline; the alias is acme-payments-dev; the organization's analyzers cover the account in us-east-1; an analyzer covers the account in eu-west-1",
    );
    assert_eq!(converged, expected.with_note("eu-west-1 is unreadable"));
}

#[test]
fn invalid_security_account_is_rejected_at_start() {
    assert_eq!(start(|_| None).unwrap().security_account, None);
    let step = start(|_| Some("222222222222".to_owned())).unwrap();
    assert_eq!(step.security_account.unwrap().as_str(), "222222222222");
    let error = start(|_| Some("audit".to_owned())).unwrap_err();
    assert!(error.contains("SECURITY_ACCOUNT_ID is wrong"), "{error}");
}
