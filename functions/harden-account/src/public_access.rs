//! Amazon S3's Block Public Access for the whole account: no bucket in it can be opened to the world.

use std::error::Error;

use aws_sdk_s3control::Client;
use aws_sdk_s3control::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use time::OffsetDateTime;
use vending_core::{AccountId, ErrorCode, StepError};
use vending_runtime::{Changes, error_code, from_sdk, settling};

use crate::part::Part;

const ALLOW: &str = "look for an S3 policy of AWS Organizations that leaves public access open, and for a policy that denies s3:PutAccountPublicAccessBlock; then send the same request again";

pub(crate) struct PublicAccess<'a> {
    pub(crate) client: &'a Client,
    pub(crate) account_id: &'a AccountId,
    pub(crate) ready_by: OffsetDateTime,
}

impl PublicAccess<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Part, StepError> {
        if !self.is_blocked().await? {
            changes.make("blocked public access to S3", self.block()).await?;
        }
        Ok(Part::found("public access to S3 is blocked"))
    }

    /// AWS answers what is in effect, be it by an S3 policy of the organization: then nothing has to be put, which
    /// AWS would deny anyhow.
    async fn is_blocked(&self) -> Result<bool, StepError> {
        match self.client.get_public_access_block().account_id(self.account_id.as_str()).send().await {
            Ok(answer) => Ok(answer.public_access_block_configuration() == Some(&blocked())),
            Err(error) if error_code(&error) == Some("NoSuchPublicAccessBlockConfiguration") => Ok(false),
            Err(error) => Err(self.failed("read whether public access to S3 is blocked", &error)),
        }
    }

    async fn block(&self) -> Result<(), StepError> {
        let put = self.client.put_public_access_block().account_id(self.account_id.as_str());
        let put = put.public_access_block_configuration(blocked()).send().await;
        put.map_err(|error| self.failed("block public access to S3", &error).with_remedy(ALLOW))?;
        Ok(())
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(doing, error);
        match error_code(error) {
            // S3 does not know the account yet: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
            Some("NotSignedUp") => settling(failed.with_code(ErrorCode::NotReady), self.ready_by),
            _ => settling(failed, self.ready_by),
        }
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
