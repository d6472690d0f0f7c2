//! Shuts everybody else out of the role that AWS Organizations made in the account, which is its administrator.
//!
//! That role trusts every principal of the management account that may assume roles. From here on it trusts
//! account-vending and the principals that the stack names for emergencies. What it may do stays as it is.

mod settings;
mod trust;

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::Role;
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{BaselineInput, ErrorCode, RequestId, StepError};
use vending_iam::same_document;
use vending_runtime::{
    BaselineStep, Changes, Converged, Environment, MemberSession, StartError, error_code, from_sdk, settling,
};

/// What this step does in the account.
pub const SESSION_ACTIONS: &[&str] = &["iam:GetRole", "iam:UpdateAssumeRolePolicy"];

#[derive(Debug)]
pub struct RetireBootstrap {
    config: SdkConfig,
    role: String,
    trust: Option<Value>,
}

impl RetireBootstrap {
    /// Reads
    /// - `ORGANIZATION_ACCESS_ROLE_NAME`: the role that AWS Organizations makes in the accounts that it creates;
    /// - `MANAGEMENT_ACCOUNT_ID` and `FUNCTION_ROLES` (an ARN pattern), which keep their way in;
    /// - `BREAK_GLASS_PRINCIPALS`: the ARNs of the IAM users and roles that may use the role in an emergency; without
    ///   one, the role is left as it is.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            config: config.clone(),
            role: environment.required("ORGANIZATION_ACCESS_ROLE_NAME")?,
            trust: settings::desired_trust(environment)?,
        })
    }

    fn is_left(&self) -> String {
        format!(
            "BREAK_GLASS_PRINCIPALS names nobody, so {} is left as it is: AWS Organizations makes it open to every principal of the management account that may assume roles",
            self.role
        )
    }
}

impl BaselineStep for RetireBootstrap {
    const NAME: &'static str = "RetireBootstrap";
    type Account = Client;
    type Result = ();

    fn skip(&self, _input: &BaselineInput) -> Option<String> {
        self.trust.is_none().then(|| self.is_left())
    }

    async fn enter(&self, request: &RequestId, input: &BaselineInput) -> Result<Client, StepError> {
        let session = MemberSession::of_step(&self.config, request, input, SESSION_ACTIONS).await?;
        Ok(Client::new(session.config()))
    }

    async fn converge(&self, iam: &Client, input: &BaselineInput, changes: &Changes) -> Result<Converged, StepError> {
        let Some(trust) = &self.trust else {
            return Ok(Converged::new(self.is_left()));
        };
        let role = RoleInAccount { iam, name: &self.role, ready_by: input.ready_by() };
        role.converge(trust, changes).await
    }
}

struct RoleInAccount<'a> {
    iam: &'a Client,
    name: &'a str,
    ready_by: OffsetDateTime,
}

impl RoleInAccount<'_> {
    async fn converge(&self, trust: &Value, changes: &Changes) -> Result<Converged, StepError> {
        let name = self.name;
        let Some(found) = self.find().await? else {
            return Ok(Converged::new(format!("the account has no role {name}: there is nothing to close")));
        };
        // A principal that was deleted shows as its unique id, so that the document is put again.
        if !same_document(found.assume_role_policy_document(), trust) {
            let change = format!("role {name}: closed to all but account-vending and the break-glass principals");
            changes.make(change, self.put(trust)).await?;
        }
        Ok(Converged::new(format!("{name} is closed to all but account-vending and the break-glass principals")))
    }

    /// Accounts that were invited, or that AWS Control Tower made, have no such role.
    async fn find(&self) -> Result<Option<Role>, StepError> {
        match self.iam.get_role().role_name(self.name).send().await {
            Ok(answer) => Ok(answer.role),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(None),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    async fn put(&self, trust: &Value) -> Result<(), StepError> {
        let update = self.iam.update_assume_role_policy().role_name(self.name);
        let sent = update.policy_document(trust.to_string()).send().await;
        sent.map_err(|error| self.failed("set the trust policy of", &error))?;
        Ok(())
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(&format!("{doing} the role {}", self.name), error);
        match error_code(error) {
            // A principal that was just made is not known everywhere; only time tells it from one that does not exist.
            Some("MalformedPolicyDocument") if OffsetDateTime::now_utc() < self.ready_by => {
                failed.with_code(ErrorCode::NotReady)
            }
            Some("MalformedPolicyDocument") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "take what does not exist out of BREAK_GLASS_PRINCIPALS, or create it; then send the same request again",
            ),
            Some("LimitExceeded") => failed
                .with_code(ErrorCode::InvalidConfiguration)
                .with_remedy("name fewer BREAK_GLASS_PRINCIPALS; then send the same request again"),
            // Somebody deleted the role meanwhile: look again.
            Some("NoSuchEntity") => failed.with_code(ErrorCode::OutcomeUnknown),
            _ => settling(failed, self.ready_by),
        }
    }
}

#[cfg(test)]
mod tests;
