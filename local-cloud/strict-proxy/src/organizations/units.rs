//! OUs: unique names below a parent, a maximum depth, and deletion only when empty.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html>

use serde_json::{Value, json};

use super::Organization;
use super::errors::{Outcome, Rejection, check_length, error, required, violation};
use super::policy_types::FULL_ACCESS;
use crate::sync::lock;
use crate::wire::response::error_code;
use crate::wire::{AwsRequest, AwsResponse};

/// "Five levels of OUs deep under a root"
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>).
const MAX_DEPTH: usize = 5;
const MAX_NAME_LENGTH: usize = 128;

impl Organization {
    pub(super) async fn create_unit(&self, request: &AwsRequest) -> Outcome {
        let (parent, name) = (required(request, "ParentId")?, required(request, "Name")?);
        check_length(request, "Name", 1, MAX_NAME_LENGTH)?;
        if self.units_below(parent).await?.iter().any(|unit| unit["Name"] == name) {
            return Err(duplicate());
        }
        // The path includes the root.
        if self.path_to(parent).await?.len() > MAX_DEPTH {
            let message = "You attempted to create an OU tree that is too many levels deep.";
            return Err(violation("OU_DEPTH_LIMIT_EXCEEDED", message).into());
        }
        Ok(self.upstreams.organizations("CreateOrganizationalUnit", &request.parameters).await?)
    }

    pub(super) async fn describe_unit(&self, request: &AwsRequest) -> Outcome {
        let mut described = self.upstreams.organizations("DescribeOrganizationalUnit", &request.parameters).await?;
        Ok(json!({"OrganizationalUnit": self.named_unit(described["OrganizationalUnit"].take())}))
    }

    pub(super) async fn list_units(&self, request: &AwsRequest) -> Outcome {
        let operation = "ListOrganizationalUnitsForParent";
        let mut listed = self.upstreams.organizations(operation, &request.parameters).await?;
        for unit in listed["OrganizationalUnits"].as_array_mut().into_iter().flatten() {
            *unit = self.named_unit(unit.take());
        }
        Ok(listed)
    }

    /// Returns all OUs directly below a parent.
    pub(super) async fn units_below(&self, parent: &str) -> Result<Vec<Value>, AwsResponse> {
        let (parameters, field) = (json!({"ParentId": parent}), "OrganizationalUnits");
        let units = self.upstreams.organizations_list("ListOrganizationalUnitsForParent", parameters, field).await?;
        Ok(units.into_iter().map(|unit| self.named_unit(unit)).collect())
    }

    /// The OU keeps its ID, its children, and its policies.
    pub(super) async fn update_unit(&self, request: &AwsRequest) -> Outcome {
        let id = required(request, "OrganizationalUnitId")?;
        let unit = self.describe_unit(request).await?;
        check_length(request, "Name", 1, MAX_NAME_LENGTH)?;
        let Some(name) = request.string("Name").filter(|name| unit["OrganizationalUnit"]["Name"] != *name) else {
            return Ok(unit);
        };
        let parents = self.upstreams.organizations("ListParents", &json!({"ChildId": id})).await?;
        let parent = parents["Parents"][0]["Id"].as_str().unwrap_or_default();
        if self.units_below(parent).await?.iter().any(|unit| unit["Name"] == name && unit["Id"] != id) {
            return Err(duplicate());
        }
        self.rename(id, name).await?;
        self.describe_unit(request).await
    }

    /// moto rejects a name that any OU of the organization has.
    async fn rename(&self, id: &str, name: &str) -> Result<(), AwsResponse> {
        let update = json!({"OrganizationalUnitId": id, "Name": name});
        match self.upstreams.organizations("UpdateOrganizationalUnit", &update).await {
            Ok(_) => drop(lock(&self.governance).unit_names.remove(id)),
            Err(response) if error_code(&response).as_deref() == Some("DuplicateOrganizationalUnitException") => {
                lock(&self.governance).unit_names.insert(id.to_owned(), name.to_owned());
            }
            Err(response) => return Err(response),
        }
        Ok(())
    }

    /// moto deletes OUs with children, and keeps policies attached to deleted OUs.
    pub(super) async fn delete_unit(&self, request: &AwsRequest) -> Outcome {
        let id = required(request, "OrganizationalUnitId")?;
        self.describe_unit(request).await?;
        for kind in ["ACCOUNT", "ORGANIZATIONAL_UNIT"] {
            let parameters = json!({"ParentId": id, "ChildType": kind});
            if !self.upstreams.organizations_list("ListChildren", parameters, "Children").await?.is_empty() {
                let message = "The specified OU is not empty. Move all accounts to another root or to other OUs, remove \
                    all child OUs, and try the operation again.";
                return Err(error("OrganizationalUnitNotEmptyException", message).into());
            }
        }
        self.detach_all(id).await?;
        for policy in FULL_ACCESS {
            let detach = json!({"PolicyId": policy, "TargetId": id});
            self.upstreams.organizations("DetachPolicy", &detach).await?;
        }
        let deleted = self.upstreams.organizations("DeleteOrganizationalUnit", &request.parameters).await?;
        lock(&self.governance).unit_names.remove(id);
        Ok(deleted)
    }
}

fn duplicate() -> Rejection {
    error("DuplicateOrganizationalUnitException", "An OU with the same name already exists.").into()
}
