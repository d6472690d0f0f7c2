//! Trusted access of AWS services, also of those that moto rejects.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html>

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Organization;
use super::enabling::ENABLED;
use super::errors::{Outcome, Rejection, check_length, invalid, required, violation};
use super::listing::page;
use super::policy_types::POLICY_TYPES;
use crate::sync::lock;
use crate::wire::response::error_code;
use crate::wire::{AwsRequest, AwsResponse};

/// Services of AWS Organizations that moto does not know.
const UNKNOWN_TO_MOTO: [&str; 3] =
    ["ec2.amazonaws.com", "iam.amazonaws.com", "malware-protection.guardduty.amazonaws.com"];
const MAX_LENGTH: usize = 128;

impl Organization {
    /// Enabling a service again changes nothing.
    pub(super) async fn enable_service(&self, request: &AwsRequest) -> Outcome {
        let service = required(request, "ServicePrincipal")?;
        check_length(request, "ServicePrincipal", 1, MAX_LENGTH)?;
        if !self.organization().await?.has_all_features {
            let message = "You attempted to perform an operation that requires the organization to be configured to \
                support all features.";
            return Err(violation("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", message).into());
        }
        if UNKNOWN_TO_MOTO.contains(&service) {
            let now = OffsetDateTime::now_utc().unix_timestamp();
            lock(&self.governance).trusted_services.entry(service.to_owned()).or_insert(now);
            return Ok(json!({}));
        }
        recognized(self.upstreams.organizations("EnableAWSServiceAccess", &request.parameters).await)
    }

    pub(super) async fn disable_service(&self, request: &AwsRequest) -> Outcome {
        let service = required(request, "ServicePrincipal")?;
        let statuses = lock(&self.governance).enabled_types.statuses(self.clock.now());
        let mut needing = POLICY_TYPES.iter().filter(|kind| kind.service == Some(service));
        if needing.any(|kind| statuses.get(kind.name) == Some(&ENABLED)) {
            let message = "You attempted to disable service access before you disabled the policy type. To complete \
                this operation, you must first disable the policy type.";
            return Err(violation("POLICY_TYPE_ENABLED_FOR_THIS_SERVICE", message).into());
        }
        if UNKNOWN_TO_MOTO.contains(&service) {
            lock(&self.governance).trusted_services.remove(service);
            return Ok(json!({}));
        }
        recognized(self.upstreams.organizations("DisableAWSServiceAccess", &request.parameters).await)
    }

    pub(super) async fn list_services(&self, request: &AwsRequest) -> Outcome {
        Ok(page(request, "EnabledServicePrincipals", self.trusted_services().await?))
    }

    pub(super) async fn is_trusted(&self, service: &str) -> Result<bool, AwsResponse> {
        Ok(self.trusted_services().await?.iter().any(|trusted| trusted["ServicePrincipal"] == service))
    }

    pub(super) async fn trusted_services(&self) -> Result<Vec<Value>, AwsResponse> {
        let (operation, field) = ("ListAWSServiceAccessForOrganization", "EnabledServicePrincipals");
        let mut trusted = self.upstreams.organizations_list(operation, json!({}), field).await?;
        let governance = lock(&self.governance);
        let own = governance.trusted_services.iter();
        trusted.extend(own.map(|(service, enabled)| json!({"ServicePrincipal": service, "DateEnabled": enabled})));
        Ok(trusted)
    }
}

/// moto does not give the reason.
fn recognized(result: Result<Value, AwsResponse>) -> Outcome {
    match result {
        Err(response) if error_code(&response).as_deref() == Some("InvalidInputException") => Err(unrecognized()),
        result => Ok(result?),
    }
}

pub(super) fn unrecognized() -> Rejection {
    let message = "You specified a service principal that isn't recognized.";
    invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", message).into()
}
