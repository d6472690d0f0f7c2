//! Restricts the organization access role to account-vending and the `BreakGlassPrincipals`.
//!
//! AWS Organizations creates this administrator role, and it trusts every principal of the management account that can
//! assume roles. The step changes only the trust policy, not the permissions. Without break-glass principals, it is
//! skipped, and its report notes that the role is open.

mod settings;
mod trust;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::error::SdkError;
use aws_sdk_iam::types::Role;
use serde_json::Value;
use time::OffsetDateTime;
use vending_core::{BaselineInput, ErrorCode, RequestId, StepError};
use vending_iam::same_document;
use vending_runtime::{
    AwsError, BaselineStep, Changes, Converged, Environment, MemberSession, SessionPolicy, StartError, error_code,
    retry_while_propagating, sdk_error,
};

/// The session policy of the step.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.json"));

#[derive(Debug)]
pub struct RestrictOrgAccessRole {
    config: SdkConfig,
    role: String,
    trust: Option<Value>,
}

impl RestrictOrgAccessRole {
    /// Reads
    /// - `ORGANIZATION_ACCESS_ROLE_NAME`: the role that AWS Organizations creates in new accounts;
    /// - `MANAGEMENT_ACCOUNT_ID` and `FUNCTION_ROLES` (an ARN pattern): the function roles, which keep their access;
    /// - `BREAK_GLASS_PRINCIPALS`: the ARNs of the IAM users and roles that keep the role for emergencies; without one,
    ///   the role is not changed.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            config: config.clone(),
            role: environment.required("ORGANIZATION_ACCESS_ROLE_NAME")?,
            trust: settings::desired_trust(environment)?,
        })
    }

    fn unchanged(&self) -> String {
        format!(
            "BREAK_GLASS_PRINCIPALS is empty, so {} is unchanged: by default, it trusts every principal of the management account that can assume roles",
            self.role
        )
    }
}

impl BaselineStep for RestrictOrgAccessRole {
    const NAME: &'static str = "RestrictOrgAccessRole";
    type Target = Client;
    type Result = ();

    fn skip_reason(&self, _input: &BaselineInput) -> Option<String> {
        self.trust.is_none().then(|| self.unchanged())
    }

    async fn open(&self, request: &RequestId, input: &BaselineInput) -> Result<Client, StepError> {
        let policy = SESSION_POLICY.with("OrganizationAccessRoleName", &self.role);
        let session = MemberSession::for_step(&self.config, request, input, &policy).await?;
        Ok(Client::new(session.config()))
    }

    async fn converge(&self, iam: &Client, input: &BaselineInput, changes: &Changes) -> Result<Converged, StepError> {
        let Some(trust) = &self.trust else {
            return Ok(Converged::new(self.unchanged()));
        };
        let role = RoleInAccount { iam, name: &self.role, propagation_end: input.propagation_end() };
        role.converge(trust, changes).await
    }
}

struct RoleInAccount<'a> {
    iam: &'a Client,
    name: &'a str,
    propagation_end: OffsetDateTime,
}

impl RoleInAccount<'_> {
    async fn converge(&self, trust: &Value, changes: &Changes) -> Result<Converged, StepError> {
        let name = self.name;
        let Some(found) = self.find().await? else {
            return Ok(Converged::new(format!("the account has no role {name}: there is nothing to restrict")));
        };
        // IAM returns a deleted principal as its unique ID. Then the documents differ, and the policy is set again.
        if !same_document(found.assume_role_policy_document(), trust) {
            let change = format!("role {name}: restricted to account-vending and the break-glass principals");
            changes.make(change, self.put(trust)).await?;
        }
        Ok(Converged::new(format!("{name} is restricted to account-vending and the break-glass principals")))
    }

    /// Reads the role. Accounts that were invited or that AWS Control Tower created do not have it.
    async fn find(&self) -> Result<Option<Role>, StepError> {
        match self.iam.get_role().role_name(self.name).send().await {
            Ok(output) => Ok(output.role),
            Err(error) if error_code(&error) == Some("NoSuchEntity") => Ok(None),
            Err(error) => Err(self.map_error("read", &error)),
        }
    }

    async fn put(&self, trust: &Value) -> Result<(), StepError> {
        let update = self.iam.update_assume_role_policy().role_name(self.name);
        let sent = update.policy_document(trust.to_string()).send().await;
        sent.map_err(|error| self.map_error("set the trust policy of", &error))?;
        Ok(())
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = sdk_error(&format!("{action} the role {}", self.name), error);
        match error_code(error) {
            // A new principal may not have propagated. After the propagation window, it does not exist.
            Some("MalformedPolicyDocument") if OffsetDateTime::now_utc() < self.propagation_end => {
                failed.with_code(ErrorCode::NotReady)
            }
            Some("MalformedPolicyDocument") => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "remove principals that do not exist from BREAK_GLASS_PRINCIPALS, or create them; then send the same request again",
            ),
            Some("LimitExceeded") => failed
                .with_code(ErrorCode::InvalidConfiguration)
                .with_remedy("list fewer BREAK_GLASS_PRINCIPALS; then send the same request again"),
            // Another caller deleted the role. A retry reads it again.
            Some("NoSuchEntity") => failed.with_code(ErrorCode::OutcomeUnknown),
            _ => retry_while_propagating(failed, self.propagation_end),
        }
    }
}

#[cfg(test)]
mod tests;
