use aws_sdk_s3control::operation::get_public_access_block::GetPublicAccessBlockOutput;
use aws_sdk_s3control::operation::put_public_access_block::PutPublicAccessBlockOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::tests::{assert_each_called_once, input, xml_refusal};

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

pub(crate) fn refused(code: &'static str) -> Rule {
    mock!(Client::get_public_access_block).then_http_response(move || xml_refusal(code))
}

pub(crate) fn absent() -> Rule {
    refused("NoSuchPublicAccessBlockConfiguration")
}

pub(crate) fn put() -> Rule {
    mock!(Client::put_public_access_block)
        .match_requests(|request| {
            request.account_id() == Some("111111111111")
                && request.public_access_block_configuration() == Some(&super::blocked())
        })
        .then_output(|| PutPublicAccessBlockOutput::builder().build())
}

async fn converge(ready_by: OffsetDateTime, rules: &[Rule]) -> Result<Vec<String>, StepError> {
    let client = mock_client!(aws_sdk_s3control, RuleMode::Sequential, rules);
    let changes = Changes::to_make();
    let part = PublicAccess { client: &client, account_id: &input().account_id, ready_by };
    let converged = part.converge(&changes).await;
    assert_each_called_once(rules.iter());
    converged.map(|_| changes.into_list())
}

fn long_ago() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
}

fn soon() -> OffsetDateTime {
    OffsetDateTime::now_utc() + time::Duration::MINUTE
}

#[tokio::test]
async fn public_access_is_blocked_by_all_four_settings() {
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
        let made = converge(long_ago(), &[configured(found), put()]).await.unwrap();
        assert_eq!(made, ["blocked public access to S3"]);
    }
    assert!(converge(long_ago(), &[blocked()]).await.unwrap().is_empty());
    assert_eq!(converge(long_ago(), &[absent(), put()]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn s3_may_not_know_a_fresh_account_yet() {
    for code in ["NotSignedUp", "AccessDenied", "InvalidAccessKeyId"] {
        for (ready_by, expected) in [(soon(), ErrorCode::NotReady), (long_ago(), ErrorCode::AccessDenied)] {
            let error = converge(ready_by, &[refused(code)]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code}");
        }
    }
}

#[tokio::test]
async fn a_denied_block_names_the_policies_that_may_be_behind_it() {
    let denied = mock!(Client::put_public_access_block).then_http_response(|| xml_refusal("AccessDenied"));
    let error = converge(long_ago(), &[absent(), denied]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    assert!(error.to_string().starts_with("could not block public access to S3"), "{error}");
    assert!(error.remedy().contains("S3 policy of AWS Organizations"), "{}", error.remedy());
}
