//! The operations on the organization that moto lacks or has only in part.

use super::Organization;
use super::enabling::refuse_disabling;
use super::errors::{Outcome, access_denied};
use crate::wire::AwsRequest;

impl Organization {
    /// Handles a call by the management account; `None` for other operations.
    pub(super) async fn govern(&self, request: &AwsRequest) -> Option<Outcome> {
        let operation = request.operation.as_str();
        if operation.starts_with("Describe") || operation.starts_with("List") {
            return self.read(request, &self.management_account).await;
        }
        let _changes = self.changes.lock().await;
        let outcome = match operation {
            "AcceptHandshake" => self.complete_all_features(request),
            "AttachPolicy" => self.attach_policy(request).await,
            "CreateOrganization" => self.create_organization(request).await,
            "CreateOrganizationalUnit" => self.create_unit(request).await,
            "CreatePolicy" => self.create_policy(request).await,
            "DeleteOrganization" => self.delete_organization().await,
            "DeleteOrganizationalUnit" => self.delete_unit(request).await,
            "DeletePolicy" => self.delete_policy(request).await,
            "DeregisterDelegatedAdministrator" => self.deregister_administrator(request).await,
            "DetachPolicy" => self.detach_policy(request).await,
            "DisableAWSServiceAccess" => self.disable_service(request).await,
            "DisablePolicyType" => Err(refuse_disabling().into()),
            "EnableAWSServiceAccess" => self.enable_service(request).await,
            "EnableAllFeatures" => self.enable_all_features().await,
            "EnablePolicyType" => self.enable_policy_type(request).await,
            "RegisterDelegatedAdministrator" => self.register_administrator(request).await,
            "TagResource" | "UntagResource" => return self.tag_policy(request),
            "UpdateOrganizationalUnit" => self.update_unit(request).await,
            "UpdatePolicy" => self.update_policy(request).await,
            _ => return None,
        };
        Some(outcome)
    }

    async fn read(&self, request: &AwsRequest, caller: &str) -> Option<Outcome> {
        let outcome = match request.operation.as_str() {
            "DescribeEffectivePolicy" => self.describe_effective_policy(request, caller).await,
            "DescribeHandshake" => self.describe_handshake(request, caller),
            "DescribeOrganization" => self.describe_organization().await,
            "DescribeOrganizationalUnit" => self.describe_unit(request).await,
            "DescribePolicy" => self.describe_policy(request).await,
            "ListAWSServiceAccessForOrganization" => self.list_services(request).await,
            "ListAccountsWithInvalidEffectivePolicy" => self.list_invalid_accounts(request),
            "ListDelegatedAdministrators" => self.list_administrators(request).await,
            "ListDelegatedServicesForAccount" => self.list_delegated_services(request).await,
            "ListEffectivePolicyValidationErrors" => self.list_validation_errors(request).await,
            "ListHandshakesForAccount" => Ok(self.list_received_handshakes(request, caller)),
            "ListHandshakesForOrganization" => Ok(self.list_sent_handshakes(request)),
            "ListOrganizationalUnitsForParent" => self.list_units(request).await,
            "ListPolicies" => self.list_policies(request).await,
            "ListPoliciesForTarget" => self.list_policies_for_target(request).await,
            "ListRoots" => self.list_roots(request).await,
            "ListTagsForResource" => return self.tag_policy(request),
            "ListTargetsForPolicy" => self.list_targets_for_policy(request).await,
            _ => return None,
        };
        Some(outcome)
    }

    /// Handles a call by another account; `None` for other operations, and for an account outside the organization.
    pub(super) async fn govern_for_member(&self, request: &AwsRequest, account: &str) -> Option<Outcome> {
        let (_, callers) = CALLERS.iter().find(|(operation, _)| *operation == request.operation)?;
        if *callers != Callers::Any && self.member(account).await.ok().flatten().is_none() {
            return None;
        }
        match callers {
            Callers::Any | Callers::Members => self.read(request, account).await,
            Callers::Administrators if self.is_administrator(account) => self.read(request, account).await,
            Callers::Administrators | Callers::Management => Some(Err(access_denied().into())),
        }
    }
}

/// Who can call an operation.
#[derive(PartialEq)]
enum Callers {
    /// Also accounts outside an organization.
    Any,
    Members,
    /// The management account and delegated administrators.
    Administrators,
    /// Changes of policies by a delegated administrator need a delegation policy, which the proxy lacks.
    Management,
}

const CALLERS: [(&str, Callers); 33] = [
    ("AttachPolicy", Callers::Management),
    ("CreateOrganizationalUnit", Callers::Management),
    ("CreatePolicy", Callers::Management),
    ("DeleteOrganization", Callers::Management),
    ("DeleteOrganizationalUnit", Callers::Management),
    ("DeletePolicy", Callers::Management),
    ("DeregisterDelegatedAdministrator", Callers::Management),
    ("DescribeEffectivePolicy", Callers::Members),
    ("DescribeHandshake", Callers::Any),
    ("DescribeOrganization", Callers::Members),
    ("DescribeOrganizationalUnit", Callers::Administrators),
    ("DescribePolicy", Callers::Administrators),
    ("DetachPolicy", Callers::Management),
    ("DisableAWSServiceAccess", Callers::Management),
    ("DisablePolicyType", Callers::Management),
    ("EnableAWSServiceAccess", Callers::Management),
    ("EnableAllFeatures", Callers::Management),
    ("EnablePolicyType", Callers::Management),
    ("ListAWSServiceAccessForOrganization", Callers::Administrators),
    ("ListAccountsWithInvalidEffectivePolicy", Callers::Administrators),
    ("ListDelegatedAdministrators", Callers::Administrators),
    ("ListDelegatedServicesForAccount", Callers::Administrators),
    ("ListEffectivePolicyValidationErrors", Callers::Administrators),
    ("ListHandshakesForAccount", Callers::Any),
    ("ListHandshakesForOrganization", Callers::Administrators),
    ("ListOrganizationalUnitsForParent", Callers::Administrators),
    ("ListPolicies", Callers::Administrators),
    ("ListPoliciesForTarget", Callers::Administrators),
    ("ListRoots", Callers::Administrators),
    ("ListTargetsForPolicy", Callers::Administrators),
    ("RegisterDelegatedAdministrator", Callers::Management),
    ("UpdateOrganizationalUnit", Callers::Management),
    ("UpdatePolicy", Callers::Management),
];
