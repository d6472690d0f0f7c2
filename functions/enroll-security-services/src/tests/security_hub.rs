//! Answers of Security Hub.

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::operation::create_members::CreateMembersOutput;
use aws_sdk_securityhub::operation::get_members::GetMembersOutput;
use aws_sdk_securityhub::types::{Member, Result as Unprocessed};
use aws_smithy_mocks::{Rule, mock};

use super::{ACCOUNT, EMAIL, refusal};

fn found(members: Vec<Member>, unprocessed: Vec<Unprocessed>) -> Rule {
    mock!(Client::get_members)
        .match_requests(|get| get.account_ids.as_deref() == Some(&[ACCOUNT.to_owned()]))
        .then_output(move || {
            let found = GetMembersOutput::builder().set_members(Some(members.clone()));
            found.set_unprocessed_accounts(Some(unprocessed.clone())).build()
        })
}

pub(super) fn member(status: &str) -> Rule {
    found(vec![Member::builder().account_id(ACCOUNT).member_status(status).build()], vec![])
}

/// An account that is no member was not processed.
pub(super) fn stranger() -> Rule {
    found(vec![], vec![refused("not a member")])
}

fn refused(why: &str) -> Unprocessed {
    Unprocessed::builder().account_id(ACCOUNT).processing_result(why).build()
}

fn answer_to_add(unprocessed: Vec<Unprocessed>) -> Rule {
    mock!(Client::create_members)
        .match_requests(|create| {
            let details = create.account_details();
            details.len() == 1 && details[0].account_id() == Some(ACCOUNT) && details[0].email() == Some(EMAIL)
        })
        .then_output(move || CreateMembersOutput::builder().set_unprocessed_accounts(Some(unprocessed.clone())).build())
}

pub(super) fn added() -> Rule {
    answer_to_add(vec![])
}

pub(super) fn unprocessed(why: &str) -> Rule {
    answer_to_add(vec![refused(why)])
}

pub(super) fn look_refused(code: &'static str) -> Rule {
    mock!(Client::get_members).then_http_response(move || refusal(401, code))
}

pub(super) fn add_refused(code: &'static str) -> Rule {
    let status = if code == "InternalException" { 500 } else { 400 };
    mock!(Client::create_members).then_http_response(move || refusal(status, code))
}
