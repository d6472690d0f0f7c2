//! Errors of calls by or about accounts that are closed, suspended, or not in the organization.

use super::accounts::Accounts;
use crate::identity::{Caller, denial};
use crate::wire::{AwsError, AwsRequest};

/// The Organizations operations for accounts outside an organization.
pub(super) const OUTSIDE: [&str; 4] =
    ["AcceptHandshake", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount"];

impl Accounts {
    /// Returns the error of a call by or about an account that is not available.
    pub(super) fn access_error(&self, request: &AwsRequest, caller: &Caller) -> Option<AwsError> {
        // "During this period, you cannot access AWS services"
        // (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html). The error
        // is not documented.
        if !self.is_usable(&caller.account) {
            return Some(denial::for_unknown_key(request));
        }
        match (request.service.as_str(), request.operation.as_str()) {
            ("organizations", operation) => self.unknown_account_error(request, caller, operation),
            ("sts", "AssumeRole") => self.assume_role_error(request, caller),
            ("account", _) => self.foreign_account_error(request),
            _ => None,
        }
    }

    fn unknown_account_error(&self, request: &AwsRequest, caller: &Caller, operation: &str) -> Option<AwsError> {
        if self.has_left(&caller.account) && !OUTSIDE.contains(&operation) {
            let message = "Your account is not a member of an organization.";
            return Some(AwsError::new(400, "AWSOrganizationsNotInUseException", message));
        }
        named_accounts(request).any(|id| self.is_unknown(id)).then(|| not_found(operation))
    }

    /// "Any access requests made from those accounts should fail after account closure"
    /// (<https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html>). An account that has left the
    /// organization keeps its roles and their trust policies.
    fn assume_role_error(&self, request: &AwsRequest, caller: &Caller) -> Option<AwsError> {
        let role = request.string("RoleArn")?;
        let account = role.split(':').nth(4)?;
        (!self.is_usable(account)).then(|| denial::for_assume_role(caller, role))
    }

    fn foreign_account_error(&self, request: &AwsRequest) -> Option<AwsError> {
        let named = request.string("AccountId").filter(|id| self.is_unknown(id))?;
        let message = format!("You are not authorized to perform this operation on account {named}.");
        Some(AwsError::new(403, "AccessDeniedException", &message))
    }
}

/// Returns the accounts that a call to Organizations names.
pub(super) fn named_accounts(request: &AwsRequest) -> impl Iterator<Item = &str> {
    ["AccountId", "ChildId", "ResourceId", "TargetId"].into_iter().filter_map(|field| request.string(field))
}

/// The error of each Organizations operation for an account that does not exist.
pub(super) fn not_found(operation: &str) -> AwsError {
    let (code, message) = match operation {
        "ListParents" => ("ChildNotFoundException", "You specified a child that doesn't exist."),
        "DescribeAccount" | "MoveAccount" | "CloseAccount" | "RemoveAccountFromOrganization" => {
            ("AccountNotFoundException", "You specified an account that doesn't exist.")
        }
        _ => ("TargetNotFoundException", "You specified a target that doesn't exist."),
    };
    AwsError::new(400, code, message)
}
