//! The roles of account-vending in member accounts, which no policy may lock out.

use serde_json::Value;
use vending_core::fill_policy;

use crate::principal::{Named, Principal};
use crate::values::{CASE_ACCOUNT, Values};

/// What the vending role may do: everything that the sessions of the steps may do.
const VENDING: &str = include_str!("../../../functions/vend/bootstrap-role/permissions.json");
/// What bootstrap-role does by the organization access role, or, in adopted accounts, by that of Control Tower.
const BOOTSTRAP: &str = include_str!("../../../functions/vend/bootstrap-role/session-policy.json");

/// A role of account-vending, for [`Chain::denied_actions`](crate::Chain::denied_actions).
#[derive(Clone, Debug)]
pub struct OwnRole {
    pub principal: Principal,
    /// A policy document with what the role needs, for the account of cases.
    pub permissions: Value,
}

/// The roles that work in every member account.
pub fn own_roles(values: &Values) -> Result<Vec<OwnRole>, serde_json::Error> {
    let boundary = format!("arn:aws:iam::{CASE_ACCOUNT}:policy/boundary");
    let values = [
        ("AccountId", CASE_ACCOUNT),
        ("GithubPermissionsBoundary", &boundary),
        ("OrganizationAccessRoleName", &values.organization_access_role),
    ];
    let roles = [
        (Named::AccountVending, VENDING),
        (Named::OrganizationAccountAccessRole, BOOTSTRAP),
        (Named::AwsControlTowerExecution, BOOTSTRAP),
    ];
    let role = |(named, permissions)| {
        Ok(OwnRole { principal: Principal::Named(named), permissions: fill_policy(permissions, &values)? })
    };
    roles.into_iter().map(role).collect()
}
