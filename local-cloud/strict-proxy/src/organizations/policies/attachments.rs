//! AttachPolicy and DetachPolicy, with the limits of each policy type.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html>

use serde_json::{Value, json};

use super::super::Organization;
use super::super::errors::{Outcome, Rejection, error, invalid, required, violation};
use super::super::listing::page;
use super::super::policy_types::{POLICY_TYPES, PolicyType, RCP_FULL_ACCESS, SCP};
use super::text;
use crate::sync::lock;
use crate::wire::{AwsRequest, AwsResponse};

impl Organization {
    pub(in super::super) async fn attach_policy(&self, request: &AwsRequest) -> Outcome {
        let (policy, kind) = self.summary(request).await?;
        let target = required(request, "TargetId")?;
        self.target(target).await?;
        if !self.is_enabled(kind) {
            let message = "The specified policy type isn't currently enabled in this root. You can't attach policies of \
                the specified type to entities in a root until you enable that type in the root.";
            return Err(error("PolicyTypeNotEnabledException", message).into());
        }
        let attached = self.attached(target, kind).await?;
        if attached.iter().any(|known| known["Id"] == policy["Id"]) {
            let message = "The selected policy is already attached to the specified target.";
            return Err(error("DuplicatePolicyAttachmentException", message).into());
        }
        if attached.len() >= kind.max_attached {
            let message = "You attempted to exceed the number of policies of a certain type that can be attached to an \
                entity at one time.";
            return Err(violation("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message).into());
        }
        if kind.is_authorization() {
            return Ok(self.upstreams.organizations("AttachPolicy", &request.parameters).await?);
        }
        lock(&self.governance).policies.attach(text(&policy["Id"]), target);
        Ok(json!({}))
    }

    pub(in super::super) async fn detach_policy(&self, request: &AwsRequest) -> Outcome {
        let (policy, kind) = self.summary(request).await?;
        let target = required(request, "TargetId")?;
        self.target(target).await?;
        let attached = self.attached(target, kind).await?;
        if !attached.iter().any(|known| known["Id"] == policy["Id"]) {
            let message = "The policy isn't attached to the specified target in the specified root.";
            return Err(error("PolicyNotAttachedException", message).into());
        }
        if policy["Id"] == RCP_FULL_ACCESS {
            let message = "You can't detach this AWS Managed Policy.";
            return Err(invalid("NON_DETACHABLE_POLICY", message).into());
        }
        if kind.name == SCP && attached.len() == 1 {
            let message = "You attempted to detach a policy from an entity that would cause the entity to have fewer \
                than the minimum number of policies of a certain type required.";
            return Err(violation("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message).into());
        }
        if kind.is_authorization() {
            return Ok(self.upstreams.organizations("DetachPolicy", &request.parameters).await?);
        }
        lock(&self.governance).policies.detach(text(&policy["Id"]), target);
        Ok(json!({}))
    }

    pub(in super::super) async fn list_policies_for_target(&self, request: &AwsRequest) -> Outcome {
        let kind = PolicyType::named(request, "Filter")?;
        let target = required(request, "TargetId")?;
        self.target(target).await?;
        Ok(page(request, "Policies", self.attached(target, kind).await?))
    }

    /// moto does not return pages.
    pub(in super::super) async fn list_targets_for_policy(&self, request: &AwsRequest) -> Outcome {
        let (policy, kind) = self.summary(request).await?;
        Ok(page(request, "Targets", self.targets_of(text(&policy["Id"]), kind).await?))
    }

    /// Returns the summaries of the policies of a type that are attached to an entity itself. A type that is not enabled
    /// has no attachments.
    pub(in super::super) async fn attached(&self, target: &str, kind: &PolicyType) -> Result<Vec<Value>, AwsResponse> {
        if !self.is_enabled(kind) {
            return Ok(Vec::new());
        }
        if !kind.is_authorization() {
            return Ok(lock(&self.governance).policies.attached(target, kind));
        }
        let parameters = json!({"TargetId": target, "Filter": kind.name});
        self.upstreams.organizations_list("ListPoliciesForTarget", parameters, "Policies").await
    }

    pub(in super::super) async fn targets_of(&self, id: &str, kind: &PolicyType) -> Result<Vec<Value>, Rejection> {
        if !self.is_enabled(kind) {
            return Ok(Vec::new());
        }
        if kind.is_authorization() {
            let parameters = json!({"PolicyId": id});
            let targets = self.upstreams.organizations_list("ListTargetsForPolicy", parameters, "Targets").await?;
            return Ok(targets.into_iter().map(|target| self.named_target(target)).collect());
        }
        let ids = lock(&self.governance).policies.targets(id);
        let mut targets = Vec::new();
        for id in ids {
            match self.target(&id).await {
                Ok(target) => targets.push(target),
                // An account that is permanently closed.
                Err(rejection) if rejection.code().as_deref() == Some("TargetNotFoundException") => {}
                Err(rejection) => return Err(rejection),
            }
        }
        Ok(targets)
    }

    fn named_target(&self, mut target: Value) -> Value {
        let named = self.named_unit(json!({"Id": target["TargetId"], "Name": target["Name"]}));
        target["Name"] = named["Name"].clone();
        target
    }

    /// Detaches all policies except those that AWS manages.
    pub(in super::super) async fn detach_all(&self, target: &str) -> Result<(), AwsResponse> {
        lock(&self.governance).policies.detach_all(target);
        for kind in POLICY_TYPES.iter().filter(|kind| kind.is_authorization()) {
            let parameters = json!({"TargetId": target, "Filter": kind.name});
            let listed = self.upstreams.organizations_list("ListPoliciesForTarget", parameters, "Policies").await?;
            for policy in listed.iter().filter(|policy| policy["AwsManaged"] != true) {
                let detach = json!({"TargetId": target, "PolicyId": policy["Id"]});
                self.upstreams.organizations("DetachPolicy", &detach).await?;
            }
        }
        Ok(())
    }
}
