//! The core accounts of the manifest in AWS, and sessions in them.

use aws_config::SdkConfig;
use vending_core::{AccountId, AccountKey, StepError};
use vending_manifest::{NamedAccount, Purpose};
use vending_records::Records;
use vending_runtime::{Environment, MemberSession, PROPAGATION_COMPLETE, SessionPolicy, StartError};

use crate::{Desired, PlannedChanges};

/// The path and the name of the role that the functions of build-organization use in core accounts.
pub const BUILDER_ROLE: &str = "account-vending/OrganizationBuilder";

/// Finds the core accounts of the manifest by the records of their requests.
#[derive(Debug)]
pub struct CoreAccounts {
    records: Records,
}

impl CoreAccounts {
    pub fn new(client: aws_sdk_s3::Client, bucket: String) -> Self {
        Self { records: Records::new(client, bucket) }
    }

    /// Reads `RECORDS_BUCKET`.
    pub fn from_environment(sdk: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self::new(aws_sdk_s3::Client::new(sdk), environment.required("RECORDS_BUCKET")?))
    }

    /// The account with this purpose, or `None` if the manifest has none. In a plan, it is also `None` if the account
    /// does not exist yet.
    pub async fn find(
        &self,
        desired: &Desired,
        purpose: Purpose,
        changes: &PlannedChanges,
    ) -> Result<Option<AccountId>, StepError> {
        let Some(named) = desired.manifest.core_account(purpose) else { return Ok(None) };
        let found = self.id(&named).await?;
        changes.made_before(found, &format!("the account {}", named.name))
    }

    /// The account that was vended for a core account.
    pub async fn id(&self, named: &NamedAccount<'_>) -> Result<Option<AccountId>, StepError> {
        let Some(record) = self.records.latest(&AccountKey::from_email(&named.email)).await? else { return Ok(None) };
        let reported = record.outcome.and_then(|outcome| outcome.account?.id.parse().ok());
        Ok(reported.or(record.account_id))
    }
}

/// Opens sessions of the role `OrganizationBuilder`, each limited by the session policy of a function.
#[derive(Clone, Debug)]
pub struct BuilderSession {
    sdk: SdkConfig,
    /// The name of the session in CloudTrail.
    function: &'static str,
    policy: SessionPolicy,
}

impl BuilderSession {
    pub fn new(sdk: &SdkConfig, function: &'static str, policy: SessionPolicy) -> Self {
        Self { sdk: sdk.clone(), function, policy }
    }

    /// Opens a session in a core account.
    pub async fn open(&self, account: &AccountId) -> Result<MemberSession, StepError> {
        let role = format!("arn:aws:iam::{account}:role/{BUILDER_ROLE}");
        MemberSession::assume(&self.sdk, &role, self.function, &self.policy, PROPAGATION_COMPLETE).await
    }
}
