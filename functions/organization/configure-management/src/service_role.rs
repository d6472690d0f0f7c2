//! Creates the service-linked role of AWS Config.

use serde_json::{Value, json};
use vending_core::StepError;
use vending_iam::config_role;
use vending_plans::PlannedChanges;

use crate::{ConfigureManagement, TARGET};

impl ConfigureManagement {
    pub(crate) async fn converge_config_role(&self, changes: &PlannedChanges) -> Result<(), StepError> {
        if !config_role::exists(&self.iam).await? {
            let change = changes.change(TARGET, "recordChanges.role", Value::Null, json!(config_role::NAME));
            changes.make(change, config_role::create(&self.iam)).await?;
        }
        Ok(())
    }
}
