//! Creates, changes, and deletes permission sets in moto, which does not check their names and whether they are in use.

use serde_json::{Value, json};

use super::{IdentityCenter, checks, conflict, region};
use crate::sync::lock;
use crate::tags;
use crate::wire::{AwsRequest, AwsResponse, response};

/// The operations that change a permission set, except UpdatePermissionSet.
const CHANGES: [&str; 8] = [
    "AttachCustomerManagedPolicyReferenceToPermissionSet",
    "AttachManagedPolicyToPermissionSet",
    "DeleteInlinePolicyFromPermissionSet",
    "DeletePermissionsBoundaryFromPermissionSet",
    "DetachCustomerManagedPolicyReferenceFromPermissionSet",
    "DetachManagedPolicyFromPermissionSet",
    "PutInlinePolicyToPermissionSet",
    "PutPermissionsBoundaryToPermissionSet",
];

impl IdentityCenter {
    pub(super) async fn handle_permission_set(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
    ) -> AwsResponse {
        if let Err(error) = checks::check(request) {
            return response::error(request, &error);
        }
        match request.operation.as_str() {
            "CreatePermissionSet" => with_duration(self.create(request, forward).await),
            "DescribePermissionSet" => with_duration(forward.await),
            "DeletePermissionSet" => self.delete(request, forward).await,
            operation if operation == "UpdatePermissionSet" || CHANGES.contains(&operation) => {
                self.change(request, forward.await)
            }
            _ => forward.await,
        }
    }

    /// Names are unique.
    async fn create(&self, request: &AwsRequest, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let _creating = self.creations.lock().await;
        let name = request.string("Name").unwrap_or_default();
        match self.names(request).await {
            Ok(names) if names.iter().any(|known| known == name) => {
                return response::error(request, &conflict(&format!("PermissionSet with name {name} already exists.")));
            }
            Ok(_) => {}
            Err(response) => return response,
        }
        let response = forward.await;
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if let Some(arn) = body["PermissionSet"]["PermissionSetArn"].as_str() {
            let mut sets = lock(&self.sets);
            let set = sets.set(arn);
            set.name = Some(name.to_owned());
            set.tags = tags::read(&request.parameters["Tags"]).unwrap_or_default();
        }
        response
    }

    async fn names(&self, request: &AwsRequest) -> Result<Vec<String>, AwsResponse> {
        let instance = &request.parameters["InstanceArn"];
        let mut parameters = json!({"InstanceArn": instance});
        let mut names = Vec::new();
        loop {
            let listed = self.upstreams.identity_center(region(request), "ListPermissionSets", &parameters).await?;
            for arn in listed["PermissionSets"].as_array().into_iter().flatten() {
                names.push(self.name(request, instance, arn).await?);
            }
            match listed["NextToken"].as_str() {
                Some(token) => parameters["NextToken"] = token.into(),
                None => return Ok(names),
            }
        }
    }

    async fn name(&self, request: &AwsRequest, instance: &Value, arn: &Value) -> Result<String, AwsResponse> {
        let known = lock(&self.sets).name(arn.as_str().unwrap_or_default()).map(str::to_owned);
        if let Some(name) = known {
            return Ok(name);
        }
        let described = self.describe_set(request, instance, arn).await?;
        let name = described["PermissionSet"]["Name"].as_str().unwrap_or_default().to_owned();
        lock(&self.sets).set(arn.as_str().unwrap_or_default()).name = Some(name.clone());
        Ok(name)
    }

    fn change(&self, request: &AwsRequest, response: AwsResponse) -> AwsResponse {
        if response.status().is_success()
            && let Some(arn) = request.string("PermissionSetArn")
        {
            lock(&self.sets).set(arn).change();
        }
        response
    }

    /// <https://github.com/hashicorp/terraform-provider-aws/issues/26757>
    async fn delete(&self, request: &AwsRequest, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let arn = request.string("PermissionSetArn").unwrap_or_default();
        let is_in_use = lock(&self.sets).set(arn).is_in_use(self.clock.now());
        if is_in_use {
            let message = "Could not delete because PermissionSet has ApplicationProfile associated with it";
            return response::error(request, &conflict(message));
        }
        let response = forward.await;
        if response.status().is_success() {
            lock(&self.sets).remove(arn);
        }
        response
    }
}

/// Without a duration, moto returns a number, but AWS returns one hour as a string.
fn with_duration(response: AwsResponse) -> AwsResponse {
    let mut body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if !body["PermissionSet"]["SessionDuration"].is_number() {
        return response;
    }
    body["PermissionSet"]["SessionDuration"] = json!("PT1H");
    response::ok(&body)
}
