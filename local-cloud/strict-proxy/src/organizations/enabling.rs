//! EnablePolicyType, which takes time.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnablePolicyType.html>

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::Organization;
use super::errors::{Outcome, Rejection, error, required, violation};
use super::policy_types::PolicyType;
use crate::emulators::Upstreams;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse};

/// When each policy type is enabled.
#[derive(Default)]
pub(super) struct EnabledTypes(BTreeMap<&'static str, Duration>);

pub(super) const ENABLED: &str = "ENABLED";
const PENDING: &str = "PENDING_ENABLE";

impl EnabledTypes {
    pub(super) fn enable(&mut self, kind: &PolicyType, at: Duration) {
        self.0.insert(kind.name, at);
    }

    /// Returns `None` for a type that is not enabled.
    fn status(&self, kind: &PolicyType, now: Duration) -> Option<&'static str> {
        self.0.get(kind.name).map(|at| status(*at, now))
    }

    /// Returns the status of each type that has one.
    pub(super) fn statuses(&self, now: Duration) -> BTreeMap<&'static str, &'static str> {
        self.0.iter().map(|(name, at)| (*name, status(*at, now))).collect()
    }
}

fn status(at: Duration, now: Duration) -> &'static str {
    if now < at { PENDING } else { ENABLED }
}

impl Organization {
    pub(super) fn is_enabled(&self, kind: &PolicyType) -> bool {
        lock(&self.governance).enabled_types.status(kind, self.clock.now()) == Some(ENABLED)
    }

    /// The enabled types of moto are incomplete.
    pub(super) async fn list_roots(&self, request: &AwsRequest) -> Outcome {
        let mut listed = self.upstreams.organizations("ListRoots", &request.parameters).await?;
        for root in listed["Roots"].as_array_mut().into_iter().flatten() {
            self.show_policy_types(root);
        }
        Ok(listed)
    }

    fn show_policy_types(&self, root: &mut Value) {
        let statuses = lock(&self.governance).enabled_types.statuses(self.clock.now());
        let types = statuses.into_iter().map(|(name, status)| json!({"Type": name, "Status": status}));
        root["PolicyTypes"] = types.collect();
    }

    pub(super) async fn enable_policy_type(&self, request: &AwsRequest) -> Outcome {
        let kind = PolicyType::named(request, "PolicyType")?;
        let mut root = root(&self.upstreams).await?;
        if root["Id"] != required(request, "RootId")? {
            return Err(error("RootNotFoundException", "You specified a root that doesn't exist.").into());
        }
        self.check_enabling(kind).await?;
        let delay = Duration::from_millis(lock(&self.delays).policy_type_millis);
        let enabled_at = self.clock.now().saturating_add(delay);
        lock(&self.governance).enabled_types.enable(kind, enabled_at);
        self.show_policy_types(&mut root);
        Ok(json!({"Root": root}))
    }

    async fn check_enabling(&self, kind: &PolicyType) -> Result<(), Rejection> {
        self.check_availability().await?;
        let status = lock(&self.governance).enabled_types.status(kind, self.clock.now());
        match status {
            Some(ENABLED) => {
                let message = "The specified policy type is already enabled in the specified root.";
                return Err(error("PolicyTypeAlreadyEnabledException", message).into());
            }
            // Documented as an error of this operation, but not when it happens.
            Some(_) => {
                let message = "Changes to the effective policy are in progress. Try the operation again later.";
                return Err(error("PolicyChangesInProgressException", message).into());
            }
            None => {}
        }
        if let Some(service) = kind.service
            && !self.is_trusted(service).await?
        {
            let message = "You attempted to enable a policy type before you enabled service access. Call the \
                EnableAWSServiceAccess API first.";
            return Err(violation("SERVICE_ACCESS_NOT_ENABLED", message).into());
        }
        Ok(())
    }

    /// Policies need all features.
    pub(super) async fn check_availability(&self) -> Result<(), Rejection> {
        if self.organization().await?.has_all_features {
            return Ok(());
        }
        let message = "You can't use the specified policy type with the feature set currently enabled for this \
            organization.";
        Err(error("PolicyTypeNotAvailableForOrganizationException", message).into())
    }
}

pub(super) async fn root(upstreams: &Upstreams) -> Result<Value, AwsResponse> {
    let mut listed = upstreams.organizations("ListRoots", &json!({})).await?;
    Ok(listed["Roots"][0].take())
}

/// AWS would detach all policies of the type from every entity, so no caller may rely on this operation. The code is not
/// one of AWS, so that no caller can handle it.
pub(super) fn refuse_disabling() -> AwsError {
    let message = "the strict proxy refuses DisablePolicyType: AWS would detach every policy of the type";
    AwsError::new(400, "DisablePolicyTypeRefused", message)
}

#[cfg(test)]
mod tests {
    use super::super::policy_types::POLICY_TYPES;
    use super::*;

    #[test]
    fn type_is_pending_until_it_is_enabled() {
        let mut types = EnabledTypes::default();
        let [one, other, ..] = &POLICY_TYPES;
        types.enable(one, Duration::from_secs(1));
        assert_eq!(types.status(one, Duration::ZERO), Some(PENDING));
        assert_eq!(types.status(one, Duration::from_secs(1)), Some(ENABLED));
        assert_eq!(types.status(other, Duration::from_secs(1)), None);
        assert_eq!(types.statuses(Duration::ZERO), BTreeMap::from([(one.name, PENDING)]));
    }
}
