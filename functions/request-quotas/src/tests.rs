use aws_sdk_servicequotas::types::RequestStatus;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, samples};
use vending_runtime::SessionPolicy;

use super::*;
use crate::increase::tests::{applied, assert_each_called_once, history, request_refused, requested};

fn start(variables: fn(&str) -> Option<String>) -> Result<RequestQuotas, String> {
    let step = RequestQuotas::new(&SdkConfig::builder().build(), &Environment::of(variables));
    step.map_err(|error| error.to_string())
}

fn step() -> RequestQuotas {
    let started = start(|name| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "QUOTA_INCREASES" => Some("ec2/L-1216C47A=64, eu-west-1:ec2/L-1216C47A=64".to_owned()),
        _ => None,
    });
    started.unwrap()
}

fn input(enabled_regions: &[&str]) -> BaselineInput {
    let mut input = samples::baseline_input(Duration::DAY);
    input.governed_regions = vec!["us-east-1".to_owned()];
    input.enabled_regions = enabled_regions.iter().map(|&region| region.to_owned()).collect();
    input
}

type Run = (Result<Converged, StepError>, Vec<String>);

async fn converge(enabled: &[&str], us_east_1: Vec<Rule>, eu_west_1: Vec<Rule>) -> Run {
    run(&input(enabled), us_east_1, eu_west_1).await
}

/// Every rule of both regions is called once, in order, and nothing else is called.
async fn run(input: &BaselineInput, us_east_1: Vec<Rule>, eu_west_1: Vec<Rule>) -> Run {
    let (step, changes) = (step(), Changes::to_make());
    let account = step.regions(input, |region| {
        let rules = if region == "us-east-1" { &us_east_1 } else { &eu_west_1 };
        mock_client!(aws_sdk_servicequotas, RuleMode::Sequential, rules)
    });
    let converged = step.converge(&account, input, &changes).await;
    assert_each_called_once(us_east_1.iter().chain(&eu_west_1));
    (converged, changes.into_list())
}

const BOTH: &[&str] = &["us-east-1", "eu-west-1"];

#[tokio::test]
async fn a_fresh_account_asks_in_every_region() {
    let fresh = || vec![applied(5.0), history(vec![]), requested()];
    let (converged, made) = converge(BOTH, fresh(), fresh()).await;
    let requests = ["requested 64 for ec2/L-1216C47A in us-east-1", "requested 64 for ec2/L-1216C47A in eu-west-1"];
    assert_eq!(made, requests);
    let open = BOTH.iter().map(|region| format!("the request of 64 for ec2/L-1216C47A in {region} is PENDING"));
    assert_eq!(converged.unwrap(), Converged::new(open.collect::<Vec<_>>().join("; ")).pending());
}

#[tokio::test]
async fn what_is_applied_is_done() {
    let (converged, made) = converge(BOTH, vec![applied(64.0)], vec![applied(128.0)]).await;
    let words = "ec2/L-1216C47A in us-east-1 is 64; ec2/L-1216C47A in eu-west-1 is 128";
    assert_eq!(converged.unwrap(), Converged::new(words));
    assert!(made.is_empty());
}

#[tokio::test]
async fn what_is_open_is_pending() {
    let open = history(vec![(64.0, RequestStatus::Pending)]);
    let (converged, made) = converge(BOTH, vec![applied(64.0)], vec![applied(5.0), open]).await;
    let words = "ec2/L-1216C47A in us-east-1 is 64; the request of 64 for ec2/L-1216C47A in eu-west-1 is PENDING";
    assert_eq!(converged.unwrap(), Converged::new(words).pending());
    assert!(made.is_empty());
}

#[tokio::test]
async fn what_aws_refuses_is_noted_and_not_waited_for() {
    let refused = || vec![applied(5.0), history(vec![(64.0, RequestStatus::NotApproved)])];
    let (converged, _) = converge(BOTH, refused(), refused()).await;
    let note = ["us-east-1", "eu-west-1"].map(|region| {
        format!("the request of 64 for ec2/L-1216C47A in {region} is NOT_APPROVED; AWS Support knows more")
    });
    assert_eq!(converged.unwrap(), Converged::new("no quota is as asked for").with_note(note.join("; ")));
}

#[tokio::test]
async fn a_region_that_is_not_enabled_is_not_called() {
    let (converged, _) = converge(&["us-east-1"], vec![applied(64.0)], vec![]).await;
    let note = "ec2/L-1216C47A in eu-west-1 is not asked for, since the region is not enabled in the account";
    assert_eq!(converged.unwrap(), Converged::new("ec2/L-1216C47A in us-east-1 is 64").with_note(note));
}

#[tokio::test]
async fn a_bad_region_does_not_stop_the_others() {
    let bad = || vec![applied(5.0), history(vec![]), request_refused("ServiceUnavailableException")];
    let good = || vec![applied(5.0), history(vec![]), requested()];
    let fresh = BaselineInput { settles_from: OffsetDateTime::now_utc(), ..input(BOTH) };
    let (converged, made) = run(&fresh, bad(), good()).await;
    assert_eq!(converged.unwrap_err().code(), ErrorCode::ServiceUnavailable);
    assert_eq!(made, ["requested 64 for ec2/L-1216C47A in eu-west-1"]);

    let (converged, made) = converge(BOTH, bad(), good()).await;
    assert_eq!(made, ["requested 64 for ec2/L-1216C47A in eu-west-1"]);
    let open = Converged::new("the request of 64 for ec2/L-1216C47A in eu-west-1 is PENDING").pending();
    let note = "could not request 64 for the quota ec2/L-1216C47A in us-east-1: ServiceUnavailableException: no; AWS has no answer for now, and the next run of the request asks again";
    assert_eq!(converged.unwrap(), open.with_note(note));
}

#[test]
fn the_quotas_of_a_region_are_asked_for_one_after_the_other() {
    let mut step = step();
    let mut third = step.wanted[0].clone();
    "L-34B43A08".clone_into(&mut third.quota_code);
    step.wanted.push(third);
    let client = |_: &str| mock_client!(aws_sdk_servicequotas, RuleMode::Sequential, &[] as &[Rule]);
    let regions = step.regions(&input(BOTH), client);
    let sizes: Vec<_> = regions.iter().map(|region| (region.name.as_str(), region.increases.len())).collect();
    assert_eq!(sizes, [("us-east-1", 2), ("eu-west-1", 1)]);
}

#[test]
fn a_stack_that_asks_for_no_quotas_skips_the_step() {
    let started = start(|name| (name == "AWS_REGION").then(|| "us-east-1".to_owned()));
    let why = started.unwrap().skip(&input(BOTH));
    assert_eq!(why.as_deref(), Some("the stack asks for no quotas"));
    assert_eq!(step().skip(&input(BOTH)), None);
}

#[test]
fn settings_are_checked_at_the_start() {
    let regions: Vec<String> = step().wanted.into_iter().map(|wanted| wanted.region).collect();
    assert_eq!(regions, BOTH);
    let error = start(|_| Some("us-east-1".to_owned())).unwrap_err();
    assert!(error.starts_with("environment variable QUOTA_INCREASES is wrong: `us-east-1` must be like"), "{error}");
    let error = start(|_| None).unwrap_err();
    assert_eq!(error, "environment variable AWS_REGION is not set");
}

#[test]
fn the_session_policy_fits_into_what_sts_takes() {
    assert!(SESSION_ACTIONS.is_sorted());
    let policy = format!("{:?}", SessionPolicy::allow(SESSION_ACTIONS));
    assert!(policy.len() < 2_048, "{}", policy.len());
}
