//! Centralized root access: the operations of IAM that moto lacks.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html>

use super::Organization;
use super::errors::{Rejection, error, respond};
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

const IAM: &str = "iam.amazonaws.com";
const CREDENTIALS: &str = "RootCredentialsManagement";
const SESSIONS: &str = "RootSessions";

/// A change of a feature.
enum Change {
    Enable(&'static str),
    Disable(&'static str),
    List,
}

impl Change {
    fn from_operation(operation: &str) -> Option<Self> {
        Some(match operation {
            "EnableOrganizationsRootCredentialsManagement" => Self::Enable(CREDENTIALS),
            "EnableOrganizationsRootSessions" => Self::Enable(SESSIONS),
            "DisableOrganizationsRootCredentialsManagement" => Self::Disable(CREDENTIALS),
            "DisableOrganizationsRootSessions" => Self::Disable(SESSIONS),
            "ListOrganizationsFeatures" => Self::List,
            _ => return None,
        })
    }
}

impl Organization {
    /// Handles a call of IAM by an account; `None` for other operations.
    pub(crate) async fn handle_root_access(&self, request: &AwsRequest, caller: &str) -> Option<AwsResponse> {
        if request.service != "iam" {
            return None;
        }
        let change = Change::from_operation(&request.operation)?;
        Some(match self.change_root_access(&change, caller).await {
            Ok(organization) => self.features(request, &organization),
            Err(rejection) => respond(request, Err(rejection)),
        })
    }

    /// Returns the ID of the organization.
    async fn change_root_access(&self, change: &Change, caller: &str) -> Result<String, Rejection> {
        let organization = self.organization().await.map_err(|_| no_organization())?;
        self.check_root_access(change, caller).await?;
        if !organization.has_all_features {
            let message = "The request was rejected because your organization does not have All features enabled.";
            return Err(error("OrganizationNotInAllFeaturesModeException", message).into());
        }
        if !self.is_trusted(IAM).await? {
            let message = "The request was rejected because trusted access is not enabled for IAM in Organizations.";
            return Err(error("ServiceAccessNotEnabledException", message).into());
        }
        let features = &mut lock(&self.governance).root_features;
        match change {
            Change::Enable(feature) => drop(features.insert(feature)),
            Change::Disable(feature) => drop(features.remove(feature)),
            Change::List => {}
        }
        Ok(organization.id)
    }

    /// Only the management account enables features. The delegated administrator for IAM can do the rest.
    async fn check_root_access(&self, change: &Change, caller: &str) -> Result<(), Rejection> {
        if caller == self.management_account {
            return Ok(());
        }
        if self.member(caller).await?.is_none() {
            return Err(no_organization().into());
        }
        if matches!(change, Change::Enable(_)) {
            let message = "The request was rejected because the account making the request is not the management \
                account for the organization.";
            return Err(error("CallerIsNotManagementAccountException", message).into());
        }
        if self.administers(caller, IAM) {
            return Ok(());
        }
        let message = "The request was rejected because the account making the request is not the management account \
            or delegated administrator account for centralized root access.";
        Err(error("AccountNotManagementOrDelegatedAdministratorException", message).into())
    }

    fn features(&self, request: &AwsRequest, organization: &str) -> AwsResponse {
        let features = lock(&self.governance).root_features.clone();
        let members: Vec<String> = features.iter().map(|feature| format!("<member>{feature}</member>")).collect();
        let members = members.concat();
        let operation = &request.operation;
        response::ok_xml(&format!(
            "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>\
             <OrganizationId>{organization}</OrganizationId><EnabledFeatures>{members}</EnabledFeatures>\
             </{operation}Result><ResponseMetadata><RequestId>strict-proxy</RequestId></ResponseMetadata>\
             </{operation}Response>"
        ))
    }
}

fn no_organization() -> AwsError {
    let message = "The request was rejected because no organization is associated with your account.";
    error("OrganizationNotFoundException", message)
}
