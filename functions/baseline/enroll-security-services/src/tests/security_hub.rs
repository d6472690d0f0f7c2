//! Mock responses of Security Hub.

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::operation::create_members::CreateMembersOutput;
use aws_sdk_securityhub::operation::get_members::GetMembersOutput;
use aws_sdk_securityhub::types::{Member, Result as Unprocessed};
use aws_smithy_mocks::{Rule, mock};

use super::{ACCOUNT, EMAIL, error_response};

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

/// The response for an account that is not a member: it is not processed.
pub(super) fn not_a_member() -> Rule {
    found(vec![], vec![unprocessed_account("not a member")])
}

fn unprocessed_account(reason: &str) -> Unprocessed {
    Unprocessed::builder().account_id(ACCOUNT).processing_result(reason).build()
}

fn create_members(unprocessed: Vec<Unprocessed>) -> Rule {
    mock!(Client::create_members)
        .match_requests(|create| {
            let details = create.account_details();
            details.len() == 1 && details[0].account_id() == Some(ACCOUNT) && details[0].email() == Some(EMAIL)
        })
        .then_output(move || CreateMembersOutput::builder().set_unprocessed_accounts(Some(unprocessed.clone())).build())
}

pub(super) fn added() -> Rule {
    create_members(vec![])
}

pub(super) fn unprocessed(reason: &str) -> Rule {
    create_members(vec![unprocessed_account(reason)])
}

pub(super) fn read_fails(code: &'static str) -> Rule {
    mock!(Client::get_members).then_http_response(move || error_response(401, code))
}

pub(super) fn add_fails(code: &'static str) -> Rule {
    let status = if code == "InternalException" { 500 } else { 400 };
    mock!(Client::create_members).then_http_response(move || error_response(status, code))
}
