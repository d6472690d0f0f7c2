//! Enables Amazon S3 Block Public Access for the account.

use aws_sdk_s3control::Client;
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use time::OffsetDateTime;
use vending_core::{AccountId, StepError};
use vending_runtime::{Changes, Context, WhilePropagating, error_code};

use crate::part::Part;

const DENIED_REMEDY: &str = "check for an S3 policy of AWS Organizations that allows public access, and for a policy that denies s3:PutAccountPublicAccessBlock; then send the same request again";

pub(crate) struct PublicAccess<'a> {
    pub(crate) client: &'a Client,
    pub(crate) account_id: &'a AccountId,
    pub(crate) propagation_end: OffsetDateTime,
}

impl PublicAccess<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Part, StepError> {
        if !self.is_blocked().await? {
            changes.make("blocked public access to S3", self.block()).await?;
        }
        Ok(Part::new("public access to S3 is blocked"))
    }

    /// Whether public access is blocked. AWS returns the effective settings, also those of an S3 policy of the
    /// organization, which the account cannot change.
    async fn is_blocked(&self) -> Result<bool, StepError> {
        match self.client.get_public_access_block().account_id(self.account_id.as_str()).send().await {
            Err(error) if error_code(&error) == Some("NoSuchPublicAccessBlockConfiguration") => Ok(false),
            read => {
                let read = read.context("read whether public access to S3 is blocked");
                let read = read.retry_while_propagating(self.propagation_end)?;
                Ok(read.public_access_block_configuration() == Some(&blocked()))
            }
        }
    }

    async fn block(&self) -> Result<(), StepError> {
        let put = self.client.put_public_access_block().account_id(self.account_id.as_str());
        let put = put.public_access_block_configuration(blocked()).send().await;
        let put = put.context("block public access to S3").retry_while_propagating(self.propagation_end);
        put.map(drop).map_err(|error| error.with_remedy(DENIED_REMEDY))
    }
}

fn blocked() -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build()
}

#[cfg(test)]
pub(crate) mod tests;
