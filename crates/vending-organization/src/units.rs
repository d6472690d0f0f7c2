//! OUs by path. AWS has no API for that: each level is one listing below its parent.

use aws_sdk_organizations::types::{OrganizationalUnit, ParentType};
use vending_core::{AccountId, ErrorCode, OrganizationalUnitPath, StepError};
use vending_runtime::{error_code, from_sdk};

use crate::Organization;

/// How far a path leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Units {
    /// The id of the OU at the end of the path.
    Found(String),
    /// What would be right, readable after the field's name.
    Missing(String),
}

/// What an account or an OU is directly in, by id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Root(String),
    Unit(String),
}

impl Place {
    pub(crate) fn id(&self) -> &str {
        let (Self::Root(id) | Self::Unit(id)) = self;
        id
    }
}

impl Organization {
    pub async fn resolve(&self, path: &OrganizationalUnitPath) -> Result<Units, StepError> {
        let mut parent_id = self.root_id().await?;
        let mut parent = "the root".to_owned();
        for name in path.segments() {
            let children = self.children(&parent_id).await?;
            let child = children.iter().find(|child| child.name() == Some(name));
            let Some(id) = child.and_then(OrganizationalUnit::id) else {
                return Ok(Units::Missing(missing(name, &parent, &children)));
            };
            id.clone_into(&mut parent_id);
            parent = format!("`{name}`");
        }
        Ok(Units::Found(parent_id))
    }

    /// The path of the OU that an account is in; none for an account in the root.
    ///
    /// From the account up, a listing and a description for each level: AWS gives a path in ids only.
    pub async fn path_of(&self, id: &AccountId) -> Result<Option<String>, StepError> {
        let mut names = Vec::new();
        let mut parent = self.parent_of(id.as_str()).await?;
        while let Place::Unit(unit) = parent {
            names.push(self.unit_name(&unit).await?);
            parent = self.parent_of(&unit).await?;
        }
        names.reverse();
        Ok((!names.is_empty()).then(|| names.join("/")))
    }

    pub(crate) async fn parent_of(&self, child_id: &str) -> Result<Place, StepError> {
        let listed = self.client.list_parents().child_id(child_id).send().await;
        let listed = listed.map_err(|error| {
            let failed = from_sdk("find where the account is", &error);
            match error_code(&error) {
                // Organizations is eventually consistent: a new account may not be visible yet.
                Some("ChildNotFoundException") => failed.with_code(ErrorCode::NotReady),
                _ => failed,
            }
        })?;
        let parent = listed.parents().first();
        let named = parent.and_then(|parent| Some((parent.r#type(), parent.id()?.to_owned())));
        match named {
            Some((Some(ParentType::OrganizationalUnit), id)) => Ok(Place::Unit(id)),
            Some((_, id)) => Ok(Place::Root(id)),
            None => Err(StepError::new(ErrorCode::NotReady, "AWS names no parent of the account yet")),
        }
    }

    async fn unit_name(&self, id: &str) -> Result<String, StepError> {
        let described = self.client.describe_organizational_unit().organizational_unit_id(id).send().await;
        let described = described.map_err(|error| from_sdk("describe the organizational unit", &error))?;
        let name = described.organizational_unit.and_then(|unit| unit.name);
        name.ok_or_else(|| StepError::new(ErrorCode::ServiceUnavailable, "AWS answered without the unit's name"))
    }

    async fn root_id(&self) -> Result<String, StepError> {
        if let Some(known) = self.root.get() {
            return Ok(known.clone());
        }
        let doing = "list the roots of the organization";
        let answer = self.client.list_roots().send().await;
        let answer = answer.map_err(|error| from_sdk(doing, &error))?;
        let id = answer.roots().first().and_then(|root| root.id());
        let id = id.ok_or_else(|| StepError::new(ErrorCode::InvalidConfiguration, "the organization has no root"))?;
        Ok(self.root.get_or_init(|| id.to_owned()).clone())
    }

    async fn children(&self, parent_id: &str) -> Result<Vec<OrganizationalUnit>, StepError> {
        let mut pages = self.client.list_organizational_units_for_parent().parent_id(parent_id).into_paginator().send();
        let mut children = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| from_sdk("list the organizational units", &error))?;
            children.extend(page.organizational_units.unwrap_or_default());
        }
        Ok(children)
    }
}

/// Names the first part of a path that no OU has, and what its parent does have.
fn missing(name: &str, parent: &str, siblings: &[OrganizationalUnit]) -> String {
    let names: Vec<&str> = siblings.iter().filter_map(OrganizationalUnit::name).collect();
    let there = match names.as_slice() {
        [] => "has no organizational units".to_owned(),
        names => format!("has {}", names.join(", ")),
    };
    format!("must exist: there is no `{name}` below {parent}, which {there}")
}
