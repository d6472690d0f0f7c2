//! The way into an account: the role that AWS Organizations makes, or in an adopted account Control Tower's.

use time::OffsetDateTime;
use vending_core::{AccountId, ErrorCode, RequestId, StepError};
use vending_runtime::{MemberSession, SessionPolicy};

use crate::{BootstrapRole, Input, SESSION_ACTIONS};

/// The role of AWS Control Tower in the accounts that it enrolled; it trusts the management account.
const CONTROL_TOWER_ROLE: &str = "AWSControlTowerExecution";

impl BootstrapRole {
    pub(crate) async fn enter(
        &self,
        id: &RequestId,
        input: &Input,
        ready_by: OffsetDateTime,
    ) -> Result<MemberSession, StepError> {
        let account = &input.account_id;
        let entered = self.assume(&self.organization_access_role, id, account, ready_by).await;
        let Err(denied) = entered else { return entered };
        if !(input.adopt && is_denial(&denied)) {
            return Err(denied);
        }
        let entered = self.assume(CONTROL_TOWER_ROLE, id, account, ready_by).await;
        entered.map_err(|error| if is_denial(&error) { self.no_way_in(denied, account) } else { error })
    }

    async fn assume(
        &self,
        role: &str,
        id: &RequestId,
        account: &AccountId,
        ready_by: OffsetDateTime,
    ) -> Result<MemberSession, StepError> {
        let role = format!("arn:aws:iam::{account}:role/{role}");
        let policy = SessionPolicy::allow(SESSION_ACTIONS);
        MemberSession::assume(&self.config, &role, &id.to_string(), &policy, ready_by).await
    }

    /// An account that was invited has no role for us: its own people have to make one.
    pub(crate) fn no_way_in(&self, denied: StepError, account: &AccountId) -> StepError {
        let (role, management) = (&self.organization_access_role, &self.management_account);
        denied.with_remedy(format!(
            r#"as an administrator of account {account} run: aws iam create-role --role-name {role} --assume-role-policy-document '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{management}:root"}},"Action":"sts:AssumeRole"}}]}}' && aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess; then send POST /accounts/adopt for it"#
        ))
    }
}

/// Denied for good, or for as long as the account is new.
fn is_denial(error: &StepError) -> bool {
    matches!(error.code(), ErrorCode::AccessDenied | ErrorCode::NotReady)
}
