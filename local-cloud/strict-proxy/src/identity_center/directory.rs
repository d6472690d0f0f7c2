//! The identity store. moto creates one for every ID.

use serde_json::{Value, json};

use super::{IdentityCenter, invalid, region};
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

impl IdentityCenter {
    /// Handles a call of the identity store.
    pub(crate) async fn handle_directory(
        &self,
        request: &AwsRequest,
        forward: impl Future<Output = AwsResponse>,
    ) -> AwsResponse {
        let known = match self.emulator_instance(region(request)).await {
            Ok(instance) => instance.map(|mut instance| instance["IdentityStoreId"].take()),
            Err(response) => return response,
        };
        if known.as_ref().and_then(Value::as_str) != request.string("IdentityStoreId") {
            return no_identity_store(request);
        }
        match check(request) {
            Ok(()) => forward.await,
            Err(error) => response::error(request, &error),
        }
    }
}

fn check(request: &AwsRequest) -> Result<(), AwsError> {
    match request.operation.as_str() {
        "CreateGroup" => {
            let name = request.string("DisplayName").unwrap_or_default();
            let description = request.string("Description");
            if !(1..=1024).contains(&name.chars().count()) {
                return Err(invalid("DisplayName must have 1 to 1024 characters"));
            }
            if description.is_some_and(|description| !(1..=1024).contains(&description.chars().count())) {
                return Err(invalid("Description must have 1 to 1024 characters"));
            }
            Ok(())
        }
        "GetGroupId" => check_unique_attribute(&request.parameters["AlternateIdentifier"]),
        _ => Ok(()),
    }
}

/// The only unique attribute of a group is its display name.
fn check_unique_attribute(identifier: &Value) -> Result<(), AwsError> {
    let attribute = &identifier["UniqueAttribute"];
    if attribute.is_null() && identifier["ExternalId"].is_object() {
        return Ok(());
    }
    let path = attribute["AttributePath"].as_str().unwrap_or_default();
    if !path.eq_ignore_ascii_case("displayName") {
        return Err(invalid(&format!("The attribute {path} is not a unique attribute")));
    }
    if attribute["AttributeValue"].as_str().is_none_or(str::is_empty) {
        return Err(invalid("AttributeValue must not be empty"));
    }
    Ok(())
}

/// The error has the type of the resource, because it is also that of a missing group or user.
fn no_identity_store(request: &AwsRequest) -> AwsResponse {
    let message = "IDENTITY_STORE not found.";
    response::error(request, &AwsError::new(400, "ResourceNotFoundException", message)).map(|body| {
        let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
        body["ResourceType"] = json!("IDENTITY_STORE");
        body.to_string().into()
    })
}
