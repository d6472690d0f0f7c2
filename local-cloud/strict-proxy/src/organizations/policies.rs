//! Policies: creation, changes, deletion, and lists.
//!
//! SCPs and RCPs are in the emulator, where those that evaluate them find them. The proxy itself has the policies of all
//! other types.

mod attachments;
mod content;
mod own;

use serde_json::{Value, json};

use super::Organization;
use super::errors::{Outcome, Rejection, check_length, error, invalid, required, violation};
use super::listing::page;
use super::policy_types::{PolicyType, RCP_FULL_ACCESS};
use crate::sync::lock;
use crate::wire::response::error_code;
use crate::wire::{AwsError, AwsRequest, AwsResponse};
pub(super) use content::{CHILD_CONTROL, OPERATORS};
use own::Draft;
pub(super) use own::OwnPolicies;

const MAX_NAME_LENGTH: usize = 128;
const MAX_DESCRIPTION_LENGTH: usize = 512;

impl Organization {
    pub(super) async fn create_policy(&self, request: &AwsRequest) -> Outcome {
        let kind = PolicyType::named(request, "Type")?;
        let (name, content) = (required(request, "Name")?, required(request, "Content")?);
        self.check_availability().await?;
        check_lengths(request)?;
        content::check(kind, content)?;
        let known = self.policies_of(kind).await?;
        if known.iter().any(|policy| policy["Name"] == name) {
            return Err(duplicate());
        }
        if known.len() >= kind.max_policies {
            let message = "You attempted to exceed the number of policies that you can have in an organization.";
            return Err(violation("POLICY_NUMBER_LIMIT_EXCEEDED", message).into());
        }
        if kind.is_authorization() {
            return Ok(self.create_in_emulator(&request.parameters).await?);
        }
        let organization = format!("{}:policy/{}", self.management_account, self.organization().await?.id);
        let arn_prefix = format!("arn:aws:organizations::{organization}/{}", kind.in_arn());
        let description = request.string("Description").unwrap_or_default();
        let draft = Draft { kind, name, description, content, tags: &request.parameters["Tags"] };
        Ok(lock(&self.governance).policies.create(&draft, &arn_prefix))
    }

    /// moto rejects an RCP with the name of an SCP, but not a change to such a name.
    async fn create_in_emulator(&self, parameters: &Value) -> Result<Value, AwsResponse> {
        match self.upstreams.organizations("CreatePolicy", parameters).await {
            Err(response) if error_code(&response).as_deref() == Some("DuplicatePolicyException") => {}
            result => return result,
        }
        let mut renamed = parameters.clone();
        renamed["Name"] = format!("{} of type {}", text(&parameters["Name"]), text(&parameters["Type"])).into();
        let created = self.upstreams.organizations("CreatePolicy", &renamed).await?;
        let update = json!({"PolicyId": created["Policy"]["PolicySummary"]["Id"], "Name": parameters["Name"]});
        self.upstreams.organizations("UpdatePolicy", &update).await
    }

    pub(super) async fn update_policy(&self, request: &AwsRequest) -> Outcome {
        let (policy, kind) = self.changeable(request).await?;
        check_lengths(request)?;
        if let Some(content) = request.string("Content") {
            content::check(kind, content)?;
        }
        if let Some(name) = request.string("Name") {
            let mut others = self.policies_of(kind).await?.into_iter().filter(|known| known["Id"] != policy["Id"]);
            if others.any(|known| known["Name"] == name) {
                return Err(duplicate());
            }
        }
        if kind.is_authorization() {
            return Ok(self.upstreams.organizations("UpdatePolicy", &request.parameters).await?);
        }
        let mut governance = lock(&self.governance);
        let (name, description) = (request.string("Name"), request.string("Description"));
        governance.policies.update(text(&policy["Id"]), name, description, request.string("Content"));
        governance.policies.describe(text(&policy["Id"])).ok_or_else(|| not_found().into())
    }

    pub(super) async fn delete_policy(&self, request: &AwsRequest) -> Outcome {
        let (policy, kind) = self.changeable(request).await?;
        if !self.targets_of(text(&policy["Id"]), kind).await?.is_empty() {
            let message = "The policy is attached to one or more entities. You must detach it from all roots, OUs, and \
                accounts before performing this operation.";
            return Err(error("PolicyInUseException", message).into());
        }
        if kind.is_authorization() {
            return Ok(self.upstreams.organizations("DeletePolicy", &request.parameters).await?);
        }
        lock(&self.governance).policies.delete(text(&policy["Id"]));
        Ok(json!({}))
    }

    pub(super) async fn describe_policy(&self, request: &AwsRequest) -> Outcome {
        self.described(required(request, "PolicyId")?).await
    }

    pub(super) async fn list_policies(&self, request: &AwsRequest) -> Outcome {
        let kind = PolicyType::named(request, "Filter")?;
        Ok(page(request, "Policies", self.policies_of(kind).await?))
    }

    /// Returns the summaries of all policies of a type. AWS creates the AWS managed RCP when RCPs are enabled.
    pub(super) async fn policies_of(&self, kind: &PolicyType) -> Result<Vec<Value>, Rejection> {
        if !kind.is_authorization() {
            return Ok(lock(&self.governance).policies.summaries(kind));
        }
        let mut known =
            self.upstreams.organizations_list("ListPolicies", json!({"Filter": kind.name}), "Policies").await?;
        known.retain(|policy| policy["Id"] != RCP_FULL_ACCESS || self.is_enabled(kind));
        Ok(known)
    }

    /// Returns the response of DescribePolicy.
    pub(super) async fn described(&self, id: &str) -> Outcome {
        if !is_policy_id(id) {
            let message = "You provided a value that does not match the required pattern.";
            return Err(invalid("INVALID_PATTERN", message).into());
        }
        let own = lock(&self.governance).policies.describe(id);
        match own {
            Some(policy) => Ok(policy),
            None => Ok(self.upstreams.organizations("DescribePolicy", &json!({"PolicyId": id})).await?),
        }
    }

    /// Returns the summary and the type of the policy that a call names.
    async fn summary(&self, request: &AwsRequest) -> Result<(Value, &'static PolicyType), Rejection> {
        let mut described = self.described(required(request, "PolicyId")?).await?;
        let summary = described["Policy"]["PolicySummary"].take();
        let kind = PolicyType::find(text(&summary["Type"])).ok_or_else(not_found)?;
        Ok((summary, kind))
    }

    /// Rejects a policy that AWS manages.
    async fn changeable(&self, request: &AwsRequest) -> Result<(Value, &'static PolicyType), Rejection> {
        let (policy, kind) = self.summary(request).await?;
        if policy["AwsManaged"] == true {
            let message = "You specified a policy that is managed by AWS and can't be modified.";
            return Err(invalid("IMMUTABLE_POLICY", message).into());
        }
        Ok((policy, kind))
    }
}

fn check_lengths(request: &AwsRequest) -> Result<(), AwsError> {
    check_length(request, "Name", 1, MAX_NAME_LENGTH)?;
    check_length(request, "Description", 0, MAX_DESCRIPTION_LENGTH)
}

/// `p-[0-9a-zA-Z_]{8,128}`
fn is_policy_id(id: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    id.strip_prefix("p-").is_some_and(|rest| (8..=128).contains(&rest.len()) && rest.bytes().all(is_allowed))
}

fn duplicate() -> Rejection {
    error("DuplicatePolicyException", "A policy with the same name already exists.").into()
}

fn not_found() -> AwsError {
    error("PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_ids_have_the_format_of_aws() {
        for id in ["p-FullAWSAccess", "p-0000001a", "p-a_b_c_d_"] {
            assert!(is_policy_id(id), "{id}");
        }
        for id in ["p-1234567", "q-12345678", "p-1234567-", "", &format!("p-{}", "a".repeat(129))] {
            assert!(!is_policy_id(id), "{id}");
        }
    }
}
