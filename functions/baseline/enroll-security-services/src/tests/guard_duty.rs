//! Mock responses of GuardDuty.

use aws_sdk_guardduty::Client;
use aws_sdk_guardduty::operation::create_members::CreateMembersOutput;
use aws_sdk_guardduty::operation::get_members::GetMembersOutput;
use aws_sdk_guardduty::operation::list_detectors::ListDetectorsOutput;
use aws_sdk_guardduty::types::{Member, UnprocessedAccount};
use aws_smithy_mocks::{Rule, mock};

use super::{ACCOUNT, EMAIL, error_response};

const DETECTOR: &str = "12abc34d567e8fa901bc2d34eexample";

pub(super) fn detector() -> Rule {
    mock!(Client::list_detectors).then_output(|| ListDetectorsOutput::builder().detector_ids(DETECTOR).build())
}

pub(super) fn no_detector() -> Rule {
    mock!(Client::list_detectors).then_output(|| ListDetectorsOutput::builder().set_detector_ids(Some(vec![])).build())
}

fn found(members: Vec<Member>, unprocessed: Vec<UnprocessedAccount>) -> Rule {
    mock!(Client::get_members)
        .match_requests(|get| {
            get.detector_id() == Some(DETECTOR) && get.account_ids.as_deref() == Some(&[ACCOUNT.to_owned()])
        })
        .then_output(move || {
            let found = GetMembersOutput::builder().set_members(Some(members.clone()));
            found.set_unprocessed_accounts(Some(unprocessed.clone())).build()
        })
}

pub(super) fn member(status: &str) -> Rule {
    found(vec![Member::builder().account_id(ACCOUNT).relationship_status(status).build()], vec![])
}

/// The response for an account that is not a member: it is not processed.
pub(super) fn not_a_member() -> Rule {
    found(vec![], vec![unprocessed_account("not an associated member")])
}

fn unprocessed_account(reason: &str) -> UnprocessedAccount {
    UnprocessedAccount::builder().account_id(ACCOUNT).result(reason).build()
}

fn create_members(unprocessed: Vec<UnprocessedAccount>) -> Rule {
    mock!(Client::create_members)
        .match_requests(|create| {
            let details = create.account_details();
            create.detector_id() == Some(DETECTOR)
                && details.len() == 1
                && details[0].account_id() == Some(ACCOUNT)
                && details[0].email() == Some(EMAIL)
        })
        .then_output(move || CreateMembersOutput::builder().set_unprocessed_accounts(Some(unprocessed.clone())).build())
}

pub(super) fn added() -> Rule {
    create_members(vec![])
}

pub(super) fn unprocessed(reason: &str) -> Rule {
    create_members(vec![unprocessed_account(reason)])
}

pub(super) fn list_fails(code: &'static str) -> Rule {
    mock!(Client::list_detectors).then_http_response(move || error_response(400, code))
}

pub(super) fn read_fails(code: &'static str) -> Rule {
    mock!(Client::get_members).then_http_response(move || error_response(400, code))
}

pub(super) fn add_fails(code: &'static str) -> Rule {
    mock!(Client::create_members).then_http_response(move || error_response(400, code))
}
