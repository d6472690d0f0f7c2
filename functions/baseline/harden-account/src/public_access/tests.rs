use aws_sdk_s3control::operation::get_public_access_block::GetPublicAccessBlockOutput;
use aws_sdk_s3control::operation::put_public_access_block::PutPublicAccessBlockOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use vending_core::ErrorCode;

use super::*;
use crate::tests::{assert_each_called_once, input, xml_error};

fn configured(configuration: PublicAccessBlockConfiguration) -> Rule {
    mock!(Client::get_public_access_block)
        .match_requests(|request| request.account_id() == Some("111111111111"))
        .then_output(move || {
            GetPublicAccessBlockOutput::builder().public_access_block_configuration(configuration.clone()).build()
        })
}

pub(crate) fn blocked() -> Rule {
    configured(super::blocked())
}

pub(crate) fn get_fails(code: &'static str) -> Rule {
    mock!(Client::get_public_access_block).then_http_response(move || xml_error(code))
}

pub(crate) fn absent() -> Rule {
    get_fails("NoSuchPublicAccessBlockConfiguration")
}

pub(crate) fn put() -> Rule {
    mock!(Client::put_public_access_block)
        .match_requests(|request| {
            request.account_id() == Some("111111111111")
                && request.public_access_block_configuration() == Some(&super::blocked())
        })
        .then_output(|| PutPublicAccessBlockOutput::builder().build())
}

async fn converge(propagation_end: OffsetDateTime, rules: &[Rule]) -> Result<Vec<String>, StepError> {
    let client = mock_client!(aws_sdk_s3control, RuleMode::Sequential, rules);
    let changes = Changes::apply();
    let part = PublicAccess { client: &client, account_id: &input().account_id, propagation_end };
    let converged = part.converge(&changes).await;
    assert_each_called_once(rules.iter());
    converged.map(|_| changes.into_names())
}

fn past() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
}

fn future() -> OffsetDateTime {
    OffsetDateTime::now_utc() + time::Duration::MINUTE
}

#[tokio::test]
async fn all_four_settings_block_public_access() {
    type Undo = fn(&mut PublicAccessBlockConfiguration);
    let cases: [Undo; 5] = [
        |found| found.block_public_acls = Some(false),
        |found| found.block_public_policy = Some(false),
        |found| found.ignore_public_acls = Some(false),
        |found| found.restrict_public_buckets = Some(false),
        |found| found.restrict_public_buckets = None,
    ];
    for undo in cases {
        let mut found = super::blocked();
        undo(&mut found);
        let made = converge(past(), &[configured(found), put()]).await.unwrap();
        assert_eq!(made, ["blocked public access to S3"]);
    }
    assert!(converge(past(), &[blocked()]).await.unwrap().is_empty());
    assert_eq!(converge(past(), &[absent(), put()]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn unknown_account_is_retried_while_propagating() {
    for (code, later) in [
        ("NotSignedUp", ErrorCode::ServiceNotActivated),
        ("AccessDenied", ErrorCode::AccessDenied),
        ("InvalidAccessKeyId", ErrorCode::AccessDenied),
    ] {
        for (propagation_end, expected) in [(future(), ErrorCode::NotReady), (past(), later)] {
            let error = converge(propagation_end, &[get_fails(code)]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code}");
        }
    }
}

#[tokio::test]
async fn denied_block_remedy_names_the_policies() {
    let denied = mock!(Client::put_public_access_block).then_http_response(|| xml_error("AccessDenied"));
    let error = converge(past(), &[absent(), denied]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    assert!(error.to_string().starts_with("could not block public access to S3"), "{error}");
    assert!(error.remedy().contains("S3 policy of AWS Organizations"), "{}", error.remedy());
}
