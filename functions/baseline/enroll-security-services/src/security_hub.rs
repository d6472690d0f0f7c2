//! The Security Hub members of the security account in one Region.

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::types::AccountDetails;
use vending_core::StepError;
use vending_runtime::{Context, PROPAGATION_COMPLETE, WhilePropagating};

use crate::enrollment::{Member, Service};
use crate::errors::unprocessed;

#[derive(Debug)]
pub(crate) struct SecurityHub {
    client: Client,
}

impl SecurityHub {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Service for SecurityHub {
    const NAME: &'static str = "Security Hub";

    async fn status(&self, member: Member<'_>) -> Result<Option<String>, StepError> {
        let got = self.client.get_members().account_ids(member.account.as_str()).send().await;
        let members =
            got.context("read the membership of the account").retry_while_propagating(PROPAGATION_COMPLETE)?.members;
        let found = members.unwrap_or_default().into_iter().next();
        Ok(found.map(|found| found.member_status.unwrap_or_default()))
    }

    async fn add(&self, member: Member<'_>) -> Result<(), StepError> {
        let account = AccountDetails::builder().account_id(member.account.as_str()).email(member.email.as_str());
        let created = self.client.create_members().account_details(account.build()).send().await;
        let created = created.context("add the account as a member").retry_while_propagating(PROPAGATION_COMPLETE)?;
        match created.unprocessed_accounts().first() {
            Some(account) => Err(unprocessed(account.processing_result())),
            None => Ok(()),
        }
    }
}
