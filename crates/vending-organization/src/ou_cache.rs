//! OUs by path, with a cache.

use std::collections::{BTreeMap, BTreeSet};

use time::{Duration, OffsetDateTime};
use vending_core::{OrganizationalUnitPath, OuScope, StepError};
use vending_runtime::Cache;

use crate::{Organization, OuLookup};

/// How long the ID of an OU is cached.
///
/// If an OU was deleted in the meantime, AWS rejects the move to it, and [`Organization::ensure_in_unit`] returns a
/// remedy. A renamed OU is still found by its former path.
const TTL: Duration = Duration::minutes(10);

/// How long a missing path is cached by [`OuCache::resolve_caching_misses`].
const MISS_TTL: Duration = Duration::seconds(30);

/// The maximum number of cached missing paths, because callers can send any number of paths.
const MAXIMUM_MISSES: usize = 100;

/// An organization with a cache of OU IDs. An OU is looked up once in ten minutes.
#[derive(Debug)]
pub struct OuCache {
    organization: Organization,
    ids: Cache<OrganizationalUnitPath, String>,
    /// Missing paths, each with the detail of the problem.
    missing: Cache<OrganizationalUnitPath, String>,
}

/// The OUs in a parameter.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ResolvedScope {
    pub ids: Vec<String>,
    /// The problems of OUs that do not exist.
    pub missing: Vec<String>,
}

impl OuCache {
    pub fn new(organization: Organization) -> Self {
        Self { organization, ids: Cache::new(TTL), missing: Cache::new(MISS_TTL).with_maximum(MAXIMUM_MISSES) }
    }

    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// Resolves a path from the cache or with [`Organization::resolve`]. A missing path is always resolved again,
    /// because the OU may have been created since.
    pub async fn resolve(&self, path: &OrganizationalUnitPath) -> Result<OuLookup, StepError> {
        let now = OffsetDateTime::now_utc();
        if let Some(id) = self.ids.get(path, now) {
            return Ok(OuLookup::Found(id));
        }
        let units = self.organization.resolve(path).await?;
        if let OuLookup::Found(id) = &units {
            self.insert(path.clone(), id.clone(), now);
        }
        Ok(units)
    }

    /// Resolves many paths with few calls: each parent is listed once.
    pub async fn resolve_many(
        &self,
        paths: BTreeSet<OrganizationalUnitPath>,
    ) -> Result<BTreeMap<OrganizationalUnitPath, OuLookup>, StepError> {
        let now = OffsetDateTime::now_utc();
        let (mut found, mut unknown) = (BTreeMap::new(), BTreeSet::new());
        for path in paths {
            match (self.ids.get(&path, now), self.missing.get(&path, now)) {
                (Some(id), _) => drop(found.insert(path, OuLookup::Found(id))),
                (None, Some(detail)) => drop(found.insert(path, OuLookup::Missing(detail))),
                (None, None) => drop(unknown.insert(path)),
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        for (path, unit) in self.organization.resolve_many(unknown).await? {
            match &unit {
                OuLookup::Found(id) => self.insert(path.clone(), id.clone(), now),
                OuLookup::Missing(detail) => self.missing.insert(path.clone(), detail.clone(), now),
            }
            found.insert(path, unit);
        }
        Ok(found)
    }

    /// Resolves all OUs in a parameter. Returns missing OUs as well.
    pub async fn resolve_all(&self, scope: &OuScope) -> Result<ResolvedScope, StepError> {
        let mut resolved = ResolvedScope::default();
        for path in scope.paths() {
            match self.resolve(path).await? {
                OuLookup::Found(id) => resolved.ids.push(id),
                OuLookup::Missing(detail) => resolved.missing.push(format!("`{path}` {detail}")),
            }
        }
        Ok(resolved)
    }

    /// Like [`Self::resolve`], but also caches missing paths for 30 seconds. For API callers, who can send many
    /// requests, while each lookup takes one call for each level.
    pub async fn resolve_caching_misses(&self, path: &OrganizationalUnitPath) -> Result<OuLookup, StepError> {
        let now = OffsetDateTime::now_utc();
        if let Some(detail) = self.missing.get(path, now) {
            return Ok(OuLookup::Missing(detail));
        }
        let units = self.resolve(path).await?;
        if let OuLookup::Missing(detail) = &units {
            self.missing.insert(path.clone(), detail.clone(), now);
        }
        Ok(units)
    }

    /// Adds an OU to the cache.
    pub fn insert(&self, path: OrganizationalUnitPath, id: String, at: OffsetDateTime) {
        self.ids.insert(path, id, at);
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_mocks::{RuleMode, mock_client};

    use super::*;

    fn units() -> OuCache {
        OuCache::new(Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, &[])))
    }

    #[test]
    fn missing_path_expires_after_30_seconds() {
        let (units, now) = (units(), OffsetDateTime::UNIX_EPOCH);
        let path: OrganizationalUnitPath = "Nowhere".parse().unwrap();
        assert_eq!(units.missing.get(&path, now), None);
        units.missing.insert(path.clone(), "must exist".to_owned(), now);
        assert_eq!(units.missing.get(&path, now + Duration::seconds(29)).as_deref(), Some("must exist"));
        assert_eq!(units.missing.get(&path, now + Duration::seconds(30)), None);
    }

    #[test]
    fn number_of_cached_misses_is_limited() {
        let (units, now) = (units(), OffsetDateTime::UNIX_EPOCH);
        let path = |number: usize| format!("Nowhere{number}").parse::<OrganizationalUnitPath>().unwrap();
        for number in 0..1_000 {
            units.missing.insert(path(number), "must exist".to_owned(), now);
        }
        let cached = (0..1_000).filter(|number| units.missing.get(&path(*number), now).is_some());
        assert_eq!(cached.count(), MAXIMUM_MISSES);
    }

    #[test]
    fn found_path_expires_after_ten_minutes() {
        let units = units();
        let path: OrganizationalUnitPath = "Workloads".parse().unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(units.ids.get(&path, now), None);
        units.insert(path.clone(), "ou-w".to_owned(), now);
        assert_eq!(units.ids.get(&path, now + Duration::seconds(599)).as_deref(), Some("ou-w"));
        assert_eq!(units.ids.get(&path, now + Duration::minutes(10)), None);
        assert_eq!(units.ids.get(&"Sandbox".parse().unwrap(), now), None);
    }
}
