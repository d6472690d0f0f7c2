//! The session of this step in the account: with the organization access role or, in an adopted account, with Control
//! Tower's role.

use time::OffsetDateTime;
use vending_core::{AccountId, ErrorCode, RequestId, StepError};
use vending_runtime::MemberSession;

use crate::{BootstrapRole, Input, SESSION_POLICY};

/// The role that AWS Control Tower creates in the accounts that it enrolls. It trusts the management account.
const CONTROL_TOWER_ROLE: &str = "AWSControlTowerExecution";

impl BootstrapRole {
    pub(crate) async fn open(
        &self,
        id: &RequestId,
        input: &Input,
        propagation_end: OffsetDateTime,
    ) -> Result<MemberSession, StepError> {
        let account = &input.account_id;
        let session = self.assume(&self.organization_access_role, id, account, propagation_end).await;
        let Err(denied) = session else { return session };
        if !(input.adopt && is_denial(&denied)) {
            return Err(denied);
        }
        let session = self.assume(CONTROL_TOWER_ROLE, id, account, propagation_end).await;
        session.map_err(|error| if is_denial(&error) { self.no_assumable_role(denied, account) } else { error })
    }

    async fn assume(
        &self,
        role: &str,
        id: &RequestId,
        account: &AccountId,
        propagation_end: OffsetDateTime,
    ) -> Result<MemberSession, StepError> {
        let role = format!("arn:aws:iam::{account}:role/{role}");
        MemberSession::assume(&self.config, &role, &id.to_string(), &SESSION_POLICY, propagation_end).await
    }

    /// The error for an account without a role that account-vending can assume, such as an invited account. An
    /// administrator of the account must create the role.
    pub(crate) fn no_assumable_role(&self, denied: StepError, account: &AccountId) -> StepError {
        let (role, management) = (&self.organization_access_role, &self.management_account);
        denied.with_remedy(format!(
            r#"as an administrator of account {account}, run: aws iam create-role --role-name {role} --assume-role-policy-document '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{management}:root"}},"Action":"sts:AssumeRole"}}]}}' && aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess; then send POST /accounts/{account}/adoption"#
        ))
    }
}

/// Whether access is denied, permanently or while the account is new.
fn is_denial(error: &StepError) -> bool {
    matches!(error.code(), ErrorCode::AccessDenied | ErrorCode::NotReady)
}
