//! OUs by path. AWS has no API for this, so each level takes a listing of the OUs of its parent.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_organizations::types::{OrganizationalUnit, ParentType};
use vending_core::{AccountId, ErrorCode, OrganizationalUnitPath, StepError};
use vending_runtime::{Context, error_code, sdk_error};

use crate::Organization;

/// The result of looking up the path of an OU.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OuLookup {
    /// The ID of the OU.
    Found(String),
    /// What is expected, to be read after the name of the field.
    Missing(String),
}

/// The OUs below each parent.
type Children = HashMap<String, Vec<OrganizationalUnit>>;

/// The direct parent of an account or an OU, by ID.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Parent {
    Root(String),
    Unit(String),
}

impl Parent {
    pub(crate) fn id(&self) -> &str {
        let (Self::Root(id) | Self::Unit(id)) = self;
        id
    }
}

impl Organization {
    /// Finds an OU by its path.
    pub async fn resolve(&self, path: &OrganizationalUnitPath) -> Result<OuLookup, StepError> {
        self.walk(path, &mut Children::new()).await
    }

    /// Finds OUs by their paths. Each parent is listed once.
    pub async fn resolve_many(
        &self,
        paths: BTreeSet<OrganizationalUnitPath>,
    ) -> Result<BTreeMap<OrganizationalUnitPath, OuLookup>, StepError> {
        let mut children = Children::new();
        let mut found = BTreeMap::new();
        for path in paths {
            let unit = self.walk(&path, &mut children).await?;
            found.insert(path, unit);
        }
        Ok(found)
    }

    async fn walk(&self, path: &OrganizationalUnitPath, known: &mut Children) -> Result<OuLookup, StepError> {
        let mut parent_id = self.root_id().await?;
        let mut parent = "the root".to_owned();
        for name in path.segments() {
            let children = match known.entry(parent_id.clone()) {
                Entry::Occupied(children) => children.into_mut(),
                Entry::Vacant(entry) => entry.insert(self.children(&parent_id).await?),
            };
            let child = children.iter().find(|child| child.name() == Some(name));
            let Some(id) = child.and_then(OrganizationalUnit::id) else {
                return Ok(OuLookup::Missing(missing(name, &parent, children)));
            };
            id.clone_into(&mut parent_id);
            parent = format!("`{name}`");
        }
        Ok(OuLookup::Found(parent_id))
    }

    /// The names of the OUs that an account is in, from the root down. Empty for an account in the root.
    ///
    /// This takes two calls for each level, because AWS returns paths as IDs only.
    pub async fn unit_names(&self, id: &AccountId) -> Result<Vec<String>, StepError> {
        let mut names = Vec::new();
        let mut parent = self.parent_of(id.as_str()).await?;
        while let Parent::Unit(unit) = parent {
            names.push(self.unit_name(&unit).await?);
            parent = self.parent_of(&unit).await?;
        }
        names.reverse();
        Ok(names)
    }

    pub(crate) async fn parent_of(&self, child_id: &str) -> Result<Parent, StepError> {
        let pages = self.client.list_parents().child_id(child_id).into_paginator().send().try_collect().await;
        let pages = pages.map_err(|error| {
            let failed = sdk_error("find the parent of the account", &error);
            match error_code(&error) {
                // Organizations is eventually consistent, so a new account may not be visible yet.
                Some("ChildNotFoundException") => failed.with_code(ErrorCode::NotReady),
                _ => failed,
            }
        })?;
        let parent = pages.into_iter().flat_map(|page| page.parents.unwrap_or_default()).next();
        match parent.and_then(|parent| Some((parent.r#type, parent.id?))) {
            Some((Some(ParentType::OrganizationalUnit), id)) => Ok(Parent::Unit(id)),
            Some((_, id)) => Ok(Parent::Root(id)),
            None => Err(StepError::new(ErrorCode::NotReady, "AWS returned no parent of the account yet")),
        }
    }

    async fn unit_name(&self, id: &str) -> Result<String, StepError> {
        let described = self.client.describe_organizational_unit().organizational_unit_id(id).send().await;
        let described = described.context("describe the organizational unit")?;
        let name = described.organizational_unit.and_then(|unit| unit.name);
        name.ok_or_else(|| StepError::new(ErrorCode::ServiceUnavailable, "AWS returned no name of the OU"))
    }

    async fn root_id(&self) -> Result<String, StepError> {
        if let Some(known) = self.root.get() {
            return Ok(known.clone());
        }
        let pages = self.client.list_roots().into_paginator().send().try_collect().await;
        let pages = pages.context("list the roots of the organization")?;
        let root = pages.into_iter().flat_map(|page| page.roots.unwrap_or_default()).next();
        // Every organization has a root, so an empty list is not complete yet.
        let id = root.and_then(|root| root.id);
        let id = id
            .ok_or_else(|| StepError::new(ErrorCode::ServiceUnavailable, "AWS returned no root of the organization"))?;
        Ok(self.root.get_or_init(|| id).clone())
    }

    async fn children(&self, parent_id: &str) -> Result<Vec<OrganizationalUnit>, StepError> {
        let mut pages = self.client.list_organizational_units_for_parent().parent_id(parent_id).into_paginator().send();
        let mut children = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.context("list the organizational units")?;
            children.extend(page.organizational_units.unwrap_or_default());
        }
        Ok(children)
    }
}

/// The message for the first missing OU of a path, with the OUs that its parent has.
fn missing(name: &str, parent: &str, siblings: &[OrganizationalUnit]) -> String {
    let names: Vec<&str> = siblings.iter().filter_map(OrganizationalUnit::name).collect();
    let existing = match names.as_slice() {
        [] => "has no OUs".to_owned(),
        names => format!("has {}", names.join(", ")),
    };
    let has_slash = names.iter().any(|name| name.contains('/'));
    let note = if has_slash { "; an OU with a slash in its name cannot be used in a path" } else { "" };
    format!("must exist: there is no OU `{name}` in {parent}, which {existing}{note}")
}
