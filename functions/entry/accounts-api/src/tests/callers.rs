//! The outcome of a `POST`, by the state of the last request for the email and by the caller.

use aws_sdk_sfn::types::ExecutionStatus;

use super::aws::*;
use super::*;

/// The state of the last request for the email, which is a request of Jane.
#[derive(Clone, Copy, Debug)]
enum Last {
    None,
    Claimed,
    Running,
    /// Failed, and has no account.
    Failed(&'static str),
    /// Failed, and may have an account.
    MaybeCreated(Uncertain),
    FailedWithAccount,
    Vended,
    /// The account is in this state, or has left the organization.
    Unusable(Option<&'static str>),
}

#[derive(Clone, Copy, Debug)]
enum Uncertain {
    Code(&'static str),
    /// An earlier attempt may have created an account that this one did not find.
    LaterAttempt,
    /// A response of CreateAccount was lost.
    CreatedTwice,
    /// The execution ended without an outcome.
    Unreported,
}

#[derive(Clone, Copy, Debug)]
enum Expected {
    /// 202, for a first attempt of the caller.
    New,
    /// 202, for the last attempt.
    Joined,
    /// 200, with the last attempt.
    Shown,
    /// 202, for the next attempt, whose requester is this one.
    Next(&'static str),
    /// 409, and the detail contains this.
    Conflict(&'static str),
}

use Expected::{Conflict, Joined, New, Next, Shown};

const ENDS: &str = "has not ended";
const PUT: &str = "PUT /accounts/";
/// The requester of the account.
const JANES: &str = "arn:aws:sts::111111111111:assumed-role/Developer";

/// A row of the table: the expected outcomes for Jane with the same content and with other content, for Joe with the
/// same and with other content, and for an operator with the same and with other content.
type Row = (Last, [Expected; 6]);

const UNCERTAIN: [Expected; 6] = [Next(JANE), Next(JANE), Conflict(JANES), Conflict(JANES), Next(JANE), Next(JANE)];

const TABLE: &[Row] = &[
    (Last::None, [New, New, New, New, New, New]),
    (Last::Claimed, [Joined, Conflict(ENDS), Conflict(JANES), Conflict(JANES), Joined, Conflict(ENDS)]),
    (Last::Running, [Joined, Conflict(ENDS), Conflict(JANES), Conflict(JANES), Joined, Conflict(ENDS)]),
    (Last::Failed("InvalidRequest"), [Next(JANE), Next(JANE), Next(JOE), Next(JOE), Next(JANE), Next(OPERATOR)]),
    (Last::Failed("EmailAlreadyExists"), [Next(JANE), Next(JANE), Next(JOE), Next(JOE), Next(JANE), Next(OPERATOR)]),
    (Last::Failed("AccountLimitExceeded"), [Next(JANE), Next(JANE), Next(JOE), Next(JOE), Next(JANE), Next(OPERATOR)]),
    (Last::Failed("CreationFailed"), [Next(JANE), Next(JANE), Next(JOE), Next(JOE), Next(JANE), Next(OPERATOR)]),
    (Last::MaybeCreated(Uncertain::Code("CreationStillInProgress")), UNCERTAIN),
    (Last::MaybeCreated(Uncertain::Code("OutcomeUnknown")), UNCERTAIN),
    (Last::MaybeCreated(Uncertain::Code("Sandbox.Timedout")), UNCERTAIN),
    (Last::MaybeCreated(Uncertain::LaterAttempt), UNCERTAIN),
    (Last::MaybeCreated(Uncertain::CreatedTwice), UNCERTAIN),
    (Last::MaybeCreated(Uncertain::Unreported), UNCERTAIN),
    (Last::FailedWithAccount, [Next(JANE), Conflict(PUT), Conflict(JANES), Conflict(JANES), Next(JANE), Conflict(PUT)]),
    (Last::Vended, [Shown, Conflict(PUT), Conflict(JANES), Conflict(JANES), Shown, Conflict(PUT)]),
    (Last::Unusable(Some("SUSPENDED")), [Conflict("is suspended"); 6]),
    (Last::Unusable(Some("PENDING_CLOSURE")), [Conflict("is pending closure"); 6]),
    (Last::Unusable(Some("CLOSED")), [Conflict("is closed"); 6]),
    (Last::Unusable(None), [Conflict("no longer in the organization"); 6]),
];

impl Last {
    fn record(self) -> Option<RequestRecord> {
        Some(match self {
            Self::None => return None,
            Self::Claimed | Self::Running | Self::MaybeCreated(Uncertain::Unreported) => record(1),
            Self::Failed(code) | Self::MaybeCreated(Uncertain::Code(code)) => failed(1, code, None),
            Self::MaybeCreated(Uncertain::LaterAttempt) => failed(2, "InvalidRequest", None),
            Self::MaybeCreated(Uncertain::CreatedTwice) => {
                let mut record = failed(1, "EmailAlreadyExists", None);
                record.outcome.as_mut().unwrap().creations = Some(2);
                record
            }
            Self::FailedWithAccount => failed(1, "AccessDenied", Some(account())),
            Self::Vended | Self::Unusable(_) => vended(1),
        })
    }

    fn execution(self) -> Option<Rule> {
        match self {
            Self::Claimed => Some(no_execution()),
            Self::Running => Some(execution(1, ExecutionStatus::Running)),
            Self::MaybeCreated(Uncertain::Unreported) => Some(execution(1, ExecutionStatus::TimedOut)),
            _ => None,
        }
    }

    fn state(self) -> Option<Rule> {
        match self {
            Self::FailedWithAccount | Self::Vended => Some(account_state(Some("ACTIVE"))),
            Self::Unusable(state) => Some(account_state(state)),
            _ => None,
        }
    }
}

/// Sends the request, and checks the response and the claim.
async fn check(last: Last, caller: &'static str, body: &Value, expected: Expected) {
    let record = last.record();
    let attempt = record.as_ref().map_or(0, |record| record.request_id.attempt);
    let mut s3: Vec<Rule> = Vec::new();
    if let Some(record) = &record {
        s3.extend([claim_exists(1), listed(if attempt == 2 { &[1, 2] } else { &[1] }), got(record)]);
    }
    let mut executions: Vec<Rule> = last.execution().into_iter().collect();
    if let New | Next(_) = expected {
        let requester = if let Next(requester) = expected { requester } else { caller };
        let since = record.map(|record| record.requester_since).filter(|_| requester == JANE);
        s3.push(claim(attempt + 1, move |record| {
            assert_eq!((record.requested_by.as_str(), record.submitted_by.as_str()), (requester, caller));
            assert_eq!(record.requester_since, since.unwrap_or(record.requested_at));
            assert_eq!(record.by_operator, caller == OPERATOR);
        }));
        executions.push(start(attempt + 1));
    } else if let (Last::Claimed, Joined) = (last, expected) {
        executions.push(start(1));
    }
    let organizations: Vec<Rule> = last.state().into_iter().collect();
    let rules = Rules {
        s3: &s3.iter().collect::<Vec<_>>(),
        executions: &executions.iter().collect::<Vec<_>>(),
        organizations: &organizations.iter().collect::<Vec<_>>(),
        ..Rules::default()
    };
    let (status, response) = call(&api(&rules), post_event(caller, body)).await;
    let case = format!("{last:?}, sent by {caller} with {body}: {expected:?}, not {status} {response}");
    match expected {
        New | Next(_) => assert_eq!((status, &response["body"]["requestId"]), (202, &id(attempt + 1).into()), "{case}"),
        Joined => assert_eq!((status, &response["body"]["requestId"]), (202, &id(attempt).into()), "{case}"),
        Shown => assert_eq!((status, &response["body"]["status"]), (200, &"VENDED".into()), "{case}"),
        Conflict(detail_part) => assert!(status == 409 && detail(&response).contains(detail_part), "{case}"),
    }
    for rule in s3.iter().chain(&executions).chain(&organizations) {
        assert_eq!(rule.num_calls(), 1, "{case}");
    }
}

#[tokio::test]
async fn post_outcome_depends_on_request_and_caller() {
    for (last, expected) in TABLE {
        for (caller, [same, other]) in [
            (JANE_AGAIN, [expected[0], expected[1]]),
            (JOE, [expected[2], expected[3]]),
            (OPERATOR, [expected[4], expected[5]]),
        ] {
            check(*last, caller, &body(), same).await;
            check(*last, caller, &other_body(), other).await;
        }
    }
}
