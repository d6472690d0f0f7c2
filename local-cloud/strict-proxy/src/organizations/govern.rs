//! The operations on the organization that moto lacks or has only in part.

use super::Organization;
use super::errors::{Outcome, access_denied};
use crate::wire::AwsRequest;

impl Organization {
    /// Handles a call by the management account; `None` for other operations.
    pub(super) async fn govern(&self, request: &AwsRequest) -> Option<Outcome> {
        let operation = request.operation.as_str();
        if operation.starts_with("Describe") || operation.starts_with("List") {
            return self.read(request).await;
        }
        let _changes = self.changes.lock().await;
        let outcome = match operation {
            "CreateOrganization" => self.create_organization(request).await,
            "CreateOrganizationalUnit" => self.create_unit(request).await,
            "DeleteOrganization" => self.delete_organization().await,
            "DeleteOrganizationalUnit" => self.delete_unit(request).await,
            "DisableAWSServiceAccess" => self.disable_service(request).await,
            "EnableAWSServiceAccess" => self.enable_service(request).await,
            "UpdateOrganizationalUnit" => self.update_unit(request).await,
            _ => return None,
        };
        Some(outcome)
    }

    async fn read(&self, request: &AwsRequest) -> Option<Outcome> {
        let outcome = match request.operation.as_str() {
            "DescribeOrganization" => self.describe_organization().await,
            "DescribeOrganizationalUnit" => self.describe_unit(request).await,
            "ListAWSServiceAccessForOrganization" => self.list_services(request).await,
            "ListOrganizationalUnitsForParent" => self.list_units(request).await,
            _ => return None,
        };
        Some(outcome)
    }

    /// Handles a call by another account; `None` for other operations, and for an account outside the organization.
    pub(super) async fn govern_for_member(&self, request: &AwsRequest, account: &str) -> Option<Outcome> {
        let (_, callers) = CALLERS.iter().find(|(operation, _)| *operation == request.operation)?;
        self.member(account).await.ok().flatten()?;
        match callers {
            Callers::Members => self.read(request).await,
            Callers::Management => Some(Err(access_denied().into())),
        }
    }
}

/// Who can call an operation.
enum Callers {
    Members,
    Management,
}

const CALLERS: [(&str, Callers); 7] = [
    ("CreateOrganizationalUnit", Callers::Management),
    ("DeleteOrganization", Callers::Management),
    ("DeleteOrganizationalUnit", Callers::Management),
    ("DescribeOrganization", Callers::Members),
    ("DisableAWSServiceAccess", Callers::Management),
    ("EnableAWSServiceAccess", Callers::Management),
    ("UpdateOrganizationalUnit", Callers::Management),
];
