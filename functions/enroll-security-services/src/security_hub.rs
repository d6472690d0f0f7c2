//! The members of Security Hub's administrator in one region.

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::types::AccountDetails;
use vending_core::StepError;

use crate::enrolment::{Newcomer, Service};
use crate::refusal::{failed, unprocessed};

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

    async fn status(&self, newcomer: Newcomer<'_>) -> Result<Option<String>, StepError> {
        let got = self.client.get_members().account_ids(newcomer.account.as_str()).send().await;
        let members = got.map_err(|error| failed("look at the account's membership", &error))?.members;
        let member = members.unwrap_or_default().into_iter().next();
        Ok(member.map(|member| member.member_status.unwrap_or_default()))
    }

    async fn add(&self, newcomer: Newcomer<'_>) -> Result<(), StepError> {
        let account = AccountDetails::builder().account_id(newcomer.account.as_str()).email(newcomer.email.as_str());
        let created = self.client.create_members().account_details(account.build()).send().await;
        let created = created.map_err(|error| failed("make the account a member", &error))?;
        match created.unprocessed_accounts().first() {
            Some(refused) => Err(unprocessed(refused.processing_result())),
            None => Ok(()),
        }
    }
}
