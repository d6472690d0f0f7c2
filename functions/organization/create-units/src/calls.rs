//! The calls that change OUs.

use std::collections::BTreeMap;

use aws_sdk_organizations::operation::create_organizational_unit::CreateOrganizationalUnitError;
use aws_sdk_organizations::types::error::ConstraintViolationException;
use vending_core::{ErrorCode, GROUND_TAG, OrganizationalUnitPath, OuId, StepError, ground_tag};
use vending_organization::sdk_tags;
use vending_runtime::{Context, sdk_error};

use crate::CreateUnits;

impl CreateUnits {
    pub(crate) async fn create_unit(
        &self,
        path: &OrganizationalUnitPath,
        parent: Option<OuId>,
    ) -> Result<OuId, StepError> {
        let parent = parent.ok_or_else(|| not_visible(path))?;
        let tags = BTreeMap::from([(GROUND_TAG.to_owned(), ground_tag(&self.deployment, path.as_str()))]);
        let create = self.organization.client().create_organizational_unit().parent_id(parent.as_str());
        let created = match create.name(path.name()).set_tags(Some(sdk_tags(&tags)?)).send().await {
            Ok(created) => created.organizational_unit.and_then(|unit| unit.id),
            Err(error) => match error.as_service_error() {
                // An earlier call created it, and its response was lost.
                Some(CreateOrganizationalUnitError::DuplicateOrganizationalUnitException(_)) => None,
                Some(CreateOrganizationalUnitError::ConstraintViolationException(violation)) => {
                    return Err(quota(path, violation));
                }
                _ => return Err(sdk_error(&format!("create the OU `{path}`"), &error)),
            },
        };
        match created.and_then(|id| id.parse().ok()) {
            Some(id) => Ok(id),
            None => self.existing(path, &parent).await,
        }
    }

    async fn existing(&self, path: &OrganizationalUnitPath, parent: &OuId) -> Result<OuId, StepError> {
        let units = self.organization.units_in(parent).await?;
        let same = units.into_iter().find(|unit| unit.name.eq_ignore_ascii_case(path.name()));
        same.map(|unit| unit.id).ok_or_else(|| not_visible(path))
    }

    pub(crate) async fn rename_unit(&self, id: &OuId, name: &str) -> Result<(), StepError> {
        let update = self.organization.client().update_organizational_unit().organizational_unit_id(id.as_str());
        update.name(name).send().await.context(format!("rename an OU to `{name}`"))?;
        Ok(())
    }
}

fn not_visible(path: &OrganizationalUnitPath) -> StepError {
    StepError::new(ErrorCode::NotReady, format!("AWS does not show the OU `{path}` or the one above it yet"))
}

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
fn quota(path: &OrganizationalUnitPath, violation: &ConstraintViolationException) -> StepError {
    let reason = violation.reason().map_or("a quota of the organization", |reason| reason.as_str());
    let message = format!("AWS does not create the OU `{path}`: {reason}");
    StepError::new(ErrorCode::InvalidConfiguration, message).with_source(violation.clone())
}
