//! Creates the OUs of the organization manifest, and renames those that have a former name.
//!
//! An OU that exists is used as it is. No OU is deleted or moved: what the manifest does not name is left alone.

mod calls;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use serde_json::{Value, json};
use vending_core::{OrganizationalUnitPath, OuId, StepError};
use vending_organization::Organization;
use vending_plans::{Desired, OrganizationRunner, OrganizationStep, PlannedChanges, UnitState, Units};
use vending_records::Plans;
use vending_runtime::{Environment, StartError};

#[derive(Debug)]
pub struct CreateUnits {
    organization: Organization,
    /// The name of this deployment, in a tag of the OUs.
    deployment: String,
}

impl CreateUnits {
    /// Reads `STACK_NAME`, the name of this deployment, and what [`Plans`] need.
    pub fn runner(sdk: &SdkConfig, environment: &Environment) -> Result<OrganizationRunner<Self>, StartError> {
        let step = Self {
            organization: Organization::new(aws_sdk_organizations::Client::new(sdk)),
            deployment: environment.required("STACK_NAME")?,
        };
        Ok(OrganizationRunner::new(Plans::from_environment(sdk, environment)?, step))
    }
}

impl OrganizationStep for CreateUnits {
    const NAME: &'static str = "CreateUnits";
    const FOLDER: &'static str = "create-units";

    async fn converge(&self, desired: &Desired, changes: &PlannedChanges) -> Result<(), StepError> {
        let units = Units::find(&self.organization, &desired.manifest, changes).await?;
        let mut created = BTreeMap::new();
        // The path of an OU sorts after the path of the OU above it.
        for (path, state) in &units.states {
            match state {
                UnitState::Exists(_) => {}
                UnitState::Renamed { id, former_name } => self.rename(path, id, former_name, changes).await?,
                UnitState::Missing => {
                    let parent = units.parent(path).or_else(|| created.get(&path.parent()?).cloned());
                    created.extend(self.create(path, parent, changes).await?.map(|id| (path.clone(), id)));
                }
            }
        }
        Ok(())
    }
}

impl CreateUnits {
    /// Returns the ID of the OU, or `None` if it is only listed.
    async fn create(
        &self,
        path: &OrganizationalUnitPath,
        parent: Option<OuId>,
        changes: &PlannedChanges,
    ) -> Result<Option<OuId>, StepError> {
        let change = changes.change(path.as_str(), NAME, Value::Null, json!(path.name()));
        changes.make(change, self.create_unit(path, parent)).await
    }

    async fn rename(
        &self,
        path: &OrganizationalUnitPath,
        id: &OuId,
        former_name: &str,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let change = changes.change(path.as_str(), NAME, json!(former_name), json!(path.name()));
        let change = change.guarded("renames an OU with everything in it; other tools may find it by its name");
        changes.make(change, self.rename_unit(id, path.name())).await?;
        Ok(())
    }
}

/// The field of the changes.
const NAME: &str = "name";

#[cfg(test)]
mod tests;
