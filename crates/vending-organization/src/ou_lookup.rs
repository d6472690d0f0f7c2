//! OUs by path. AWS has no API for this, so each level takes a listing of the OUs of its parent.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_organizations::types::{OrganizationalUnit, ParentType, Root};
use vending_core::{AccountId, ErrorCode, InvalidId, OrganizationalUnitPath, OuId, StepError};
use vending_runtime::{Context, error_code, sdk_error};

use crate::Organization;
use crate::existence::{if_in_organization, no_organization};

/// The result of looking up the path of an OU.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OuLookup {
    /// The IDs of the root, the OUs on the way, and the OU itself, in this order.
    Found(Vec<OuId>),
    Missing(MissingOu),
}

/// An OU by its ID and its own name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unit {
    pub id: OuId,
    pub name: String,
}

/// Where the path of an OU ends that does not exist.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MissingOu {
    /// What is expected, to be read after the name of the field.
    pub detail: String,
    /// How many OUs of the path exist.
    pub depth: usize,
    /// The names of the OUs that exist where the next one is missing, by ID.
    pub siblings: BTreeMap<OuId, String>,
}

/// The OUs that an account is in, from the root down.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Location {
    /// The IDs of the root and of the OUs.
    pub ids: Vec<OuId>,
    /// The names of the OUs. Empty for an account in the root.
    pub names: Vec<String>,
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
        let mut ids = vec![self.root_id().await?];
        let mut parent = "the root".to_owned();
        for name in path.segments() {
            let parent_id = ids.last().map(ToString::to_string).unwrap_or_default();
            let children = match known.entry(parent_id.clone()) {
                Entry::Occupied(children) => children.into_mut(),
                Entry::Vacant(entry) => entry.insert(self.children(&parent_id).await?),
            };
            let child = children.iter().find(|child| child.name() == Some(name));
            let Some(id) = child.and_then(OrganizationalUnit::id) else {
                return Ok(OuLookup::Missing(missing(name, &parent, children, ids.len() - 1)));
            };
            ids.push(ou_id(id)?);
            parent = format!("`{name}`");
        }
        Ok(OuLookup::Found(ids))
    }

    /// The IDs of the root and the OUs that an account is in, from the root down. One call for each level.
    pub async fn unit_ids(&self, account: &AccountId) -> Result<Vec<OuId>, StepError> {
        let parent = self.parent_of(account.as_str()).await?;
        self.ids_up_to(parent).await
    }

    /// The ID of a parent and those of the OUs and the root above it, from the root down.
    pub(crate) async fn ids_up_to(&self, mut parent: Parent) -> Result<Vec<OuId>, StepError> {
        let mut ids = Vec::new();
        loop {
            ids.push(ou_id(parent.id())?);
            let Parent::Unit(id) = &parent else { break };
            parent = self.parent_of(id).await?;
        }
        ids.reverse();
        Ok(ids)
    }

    /// The OUs that an account is in.
    ///
    /// This takes two calls for each level, because AWS returns paths as IDs only.
    pub async fn location(&self, id: &AccountId) -> Result<Location, StepError> {
        let (mut ids, mut names) = (Vec::new(), Vec::new());
        let mut parent = self.parent_of(id.as_str()).await?;
        loop {
            ids.push(ou_id(parent.id())?);
            let Parent::Unit(unit) = &parent else { break };
            names.push(self.unit_name(unit).await?);
            parent = self.parent_of(unit).await?;
        }
        ids.reverse();
        names.reverse();
        Ok(Location { ids, names })
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

    /// The ID of the root.
    pub async fn root_id(&self) -> Result<OuId, StepError> {
        self.find_root_id().await?.ok_or_else(no_organization)
    }

    /// The ID of the root, or `None` if the account is in no organization.
    pub async fn find_root_id(&self) -> Result<Option<OuId>, StepError> {
        if let Some(known) = self.root.get() {
            return Ok(Some(known.clone()));
        }
        let Some(root) = self.find_root().await? else { return Ok(None) };
        let id = ou_id(root.id().unwrap_or_default())?;
        Ok(Some(self.root.get_or_init(|| id).clone()))
    }

    /// The root with the policy types that are enabled in it, or `None` if the account is in no organization.
    pub async fn find_root(&self) -> Result<Option<Root>, StepError> {
        let pages = self.client.list_roots().into_paginator().send().try_collect().await;
        let pages = if_in_organization(pages, "list the roots of the organization")?;
        let Some(pages) = pages else { return Ok(None) };
        let root = pages.into_iter().flat_map(|page| page.roots.unwrap_or_default()).find(|root| root.id.is_some());
        match root {
            Some(root) => Ok(Some(root)),
            // Every organization has a root, so an empty list is not complete yet.
            None => Err(StepError::new(ErrorCode::ServiceUnavailable, "AWS returned no root of the organization")),
        }
    }

    /// The OUs directly in the root or in an OU.
    pub async fn units_in(&self, parent: &OuId) -> Result<Vec<Unit>, StepError> {
        let children = self.children(parent.as_str()).await?.into_iter();
        children
            .map(|child| Ok(Unit { id: ou_id(child.id().unwrap_or_default())?, name: child.name.unwrap_or_default() }))
            .collect()
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

fn ou_id(text: &str) -> Result<OuId, StepError> {
    text.parse().map_err(|why: InvalidId| {
        StepError::new(ErrorCode::Unexpected, format!("AWS returned `{text}` as the ID of an OU, which {why}"))
    })
}

/// The first missing OU of a path, with the OUs that its parent has.
fn missing(name: &str, parent: &str, children: &[OrganizationalUnit], depth: usize) -> MissingOu {
    let names: Vec<&str> = children.iter().filter_map(OrganizationalUnit::name).collect();
    let existing = match names.as_slice() {
        [] => "has no OUs".to_owned(),
        names => format!("has {}", names.join(", ")),
    };
    let has_slash = names.iter().any(|name| name.contains('/'));
    let note = if has_slash { "; an OU with a slash in its name cannot be used in a path" } else { "" };
    let detail = format!("must exist: there is no OU `{name}` in {parent}, which {existing}{note}");
    let sibling = |unit: &OrganizationalUnit| Some((unit.id()?.parse().ok()?, unit.name()?.to_owned()));
    MissingOu { detail, depth, siblings: children.iter().filter_map(sibling).collect() }
}
