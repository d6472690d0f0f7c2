//! Blocks public access to S3, sets the password policy and the account alias, and creates IAM Access Analyzer
//! analyzers.
//!
//! The password policy for IAM users is raised to 14 characters of all four kinds and 24 remembered passwords; no
//! setting is lowered. The alias follows the pattern of the settings. Each governed Region gets an analyzer, unless an
//! organization analyzer in `SecurityAccountId` covers it.

mod alias;
mod analyzer;
mod clients;
mod endpoint;
mod organization;
mod part;
mod password_policy;
mod public_access;

use aws_config::SdkConfig;
use vending_core::{AccountId, BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, SessionPolicy, StartError};

use crate::alias::Alias;
use crate::analyzer::Analyzers;
use crate::organization::Coverage;
use crate::part::{Part, combine};
use crate::password_policy::AccountPasswordPolicy;
use crate::public_access::PublicAccess;

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

#[derive(Debug)]
pub struct HardenAccount {
    config: SdkConfig,
    security_account: Option<AccountId>,
}

impl HardenAccount {
    /// Reads `SECURITY_ACCOUNT_ID`, the delegated administrator of IAM Access Analyzer. It is optional. In Regions where
    /// it has an active analyzer of the organization, the account needs none of its own.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { config: config.clone(), security_account: environment.parsed_if_set("SECURITY_ACCOUNT_ID")? })
    }
}

/// The clients of the account, and the Regions that analyzers of the organization cover.
#[derive(Debug)]
pub struct Account {
    s3: aws_sdk_s3control::Client,
    iam: aws_sdk_iam::Client,
    analyzers: Vec<(String, aws_sdk_accessanalyzer::Client)>,
    coverage: Coverage,
}

impl BaselineStep for HardenAccount {
    const NAME: &'static str = "HardenAccount";
    type Target = Account;
    type Result = ();

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Account, StepError> {
        let session = MemberSession::for_step(&self.config, request, input, &SESSION_POLICY).await?;
        let regions = &input.settings.governed_regions;
        // Read once in a run, because this step does not change it.
        let coverage = match &self.security_account {
            Some(id) => organization::coverage(&self.config, request, input, id).await?,
            None => Coverage::default(),
        };
        Ok(Account {
            s3: endpoint::client(session.config()),
            iam: aws_sdk_iam::Client::new(session.config()),
            analyzers: clients::clients(&session, regions),
            coverage,
        })
    }

    async fn converge(
        &self,
        account: &Account,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let propagation_end = input.propagation_end();
        let public_access = PublicAccess { client: &account.s3, account_id: &input.account_id, propagation_end };
        let password_policy = AccountPasswordPolicy { client: &account.iam, propagation_end };
        let pattern = input.settings.alias_pattern.as_ref();
        let candidates = pattern.map(|pattern| pattern.candidates(&input.request.account_name, &input.account_id));
        let alias = Alias { client: &account.iam, candidates: candidates.unwrap_or_default(), propagation_end };
        let analyzers = Analyzers { clients: &account.analyzers, coverage: &account.coverage, propagation_end };
        // Every part runs to its end, so that a denial in one does not prevent the others.
        let parts = [
            changes.part("public access to S3", async |changes| public_access.converge(&changes).await).await,
            changes.part("password policy", async |changes| password_policy.converge(&changes).await).await,
            changes.part("alias", async |changes| alias.converge(&changes).await).await,
            analyzers.converge(changes).await,
        ];
        let parts: Vec<Part> = parts.into_iter().collect::<Result<_, _>>()?;
        Ok(combine(&parts))
    }
}

#[cfg(test)]
mod tests;
