//! Blocks public access to S3, sets the password policy and the alias, and has IAM Access Analyzer look at the account.

mod alias;
mod alias_pattern;
mod analyzer;
mod endpoint;
mod organization;
mod part;
mod password_policy;
mod public_access;

use aws_config::SdkConfig;
use vending_core::{AccountId, BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, MemberSession, StartError};

use crate::alias::Alias;
use crate::alias_pattern::AliasPattern;
use crate::analyzer::Analyzers;
use crate::organization::Coverage;
use crate::part::{Part, combine};
use crate::password_policy::AccountPasswordPolicy;
use crate::public_access::PublicAccess;

/// What this step does in the account. The service-linked role is the one that CreateAnalyzer makes for itself.
pub const SESSION_ACTIONS: &[&str] = &[
    "access-analyzer:CreateAnalyzer",
    "access-analyzer:ListAnalyzers",
    "iam:CreateAccountAlias",
    "iam:CreateServiceLinkedRole",
    "iam:GetAccountPasswordPolicy",
    "iam:ListAccountAliases",
    "iam:UpdateAccountPasswordPolicy",
    "s3:GetAccountPublicAccessBlock",
    "s3:PutAccountPublicAccessBlock",
];

#[derive(Debug)]
pub struct HardenAccount {
    config: SdkConfig,
    alias_pattern: Option<AliasPattern>,
    security_account: Option<AccountId>,
}

impl HardenAccount {
    /// Reads, where they are set,
    /// - `ACCOUNT_ALIAS_PATTERN`: makes the account's alias, like `acme-{accountName}`; without it none is set;
    /// - `SECURITY_ACCOUNT_ID`: the delegated administrator of IAM Access Analyzer; where an analyzer of the
    ///   organization is active there, the account needs none of its own.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            config: config.clone(),
            alias_pattern: environment.parsed_if_set("ACCOUNT_ALIAS_PATTERN")?,
            security_account: environment.parsed_if_set("SECURITY_ACCOUNT_ID")?,
        })
    }
}

/// The clients of the account, and in which regions it is looked at without its doing.
#[derive(Debug)]
pub struct Account {
    s3: aws_sdk_s3control::Client,
    iam: aws_sdk_iam::Client,
    analyzers: Vec<(String, aws_sdk_accessanalyzer::Client)>,
    coverage: Coverage,
}

impl BaselineStep for HardenAccount {
    const NAME: &'static str = "HardenAccount";
    type Account = Account;
    type Result = ();

    async fn enter(&self, request: &RequestId, input: &BaselineInput) -> Result<Account, StepError> {
        let session = MemberSession::of_step(&self.config, request, input, SESSION_ACTIONS).await?;
        let regions = &input.governed_regions;
        // Looked at once: nothing that this step changes changes it.
        let coverage = match &self.security_account {
            Some(id) => organization::coverage(&self.config, request, input, id).await?,
            None => Coverage::default(),
        };
        Ok(Account {
            s3: endpoint::client(session.config()),
            iam: aws_sdk_iam::Client::new(session.config()),
            analyzers: analyzer::clients(&session, regions),
            coverage,
        })
    }

    async fn converge(
        &self,
        account: &Account,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let ready_by = input.ready_by();
        let public_access = PublicAccess { client: &account.s3, account_id: &input.account_id, ready_by };
        let password_policy = AccountPasswordPolicy { client: &account.iam, ready_by };
        let candidates = self.alias_pattern.as_ref().map(|pattern| pattern.candidates(input));
        let alias = Alias { client: &account.iam, candidates: candidates.unwrap_or_default(), ready_by };
        let analyzers = Analyzers { clients: &account.analyzers, coverage: &account.coverage, ready_by };
        // Each to its end: what is denied in one place keeps nothing else from being put right.
        let parts = [
            public_access.converge(changes).await,
            password_policy.converge(changes).await,
            alias.converge(changes).await,
            analyzers.converge(changes).await,
        ];
        let parts: Vec<Part> = parts.into_iter().collect::<Result<_, _>>()?;
        Ok(combine(&parts))
    }
}

#[cfg(test)]
mod tests;
