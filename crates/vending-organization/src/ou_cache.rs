//! OUs by path, with a cache.

use std::collections::{BTreeMap, BTreeSet};

use time::{Duration, OffsetDateTime};
use vending_core::{OrganizationalUnitPath, OuId, StepError};
use vending_runtime::Cache;

use crate::{MissingOu, Organization, OuLookup};

/// How long the ID of an OU is cached.
///
/// If an OU was deleted in the meantime, AWS rejects the move to it, and [`Organization::move_account`] returns a
/// remedy. A renamed OU is still found by its former path.
const TTL: Duration = Duration::minutes(10);

/// How long a missing path is cached by [`OuCache::caching_misses`].
const MISS_TTL: Duration = Duration::seconds(30);

/// The maximum number of cached missing paths, because callers can send any number of paths.
const MAXIMUM_MISSES: usize = 100;

/// An organization with a cache of OU IDs. An OU is looked up once in ten minutes.
#[derive(Debug)]
pub struct OuCache {
    organization: Organization,
    ids: Cache<OrganizationalUnitPath, Vec<OuId>>,
    missing: Option<Cache<OrganizationalUnitPath, MissingOu>>,
}

impl OuCache {
    /// A missing path is always looked up again, because the OU may have been created since.
    pub fn new(organization: Organization) -> Self {
        Self { organization, ids: Cache::new(TTL), missing: None }
    }

    /// Also caches missing paths, for 30 seconds. For callers who can send many requests, while each lookup takes one
    /// call for each level.
    #[must_use]
    pub fn caching_misses(self) -> Self {
        Self { missing: Some(Cache::new(MISS_TTL).with_maximum(MAXIMUM_MISSES)), ..self }
    }

    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// Resolves a path from the cache or with [`Organization::resolve`].
    pub async fn resolve(&self, path: &OrganizationalUnitPath) -> Result<OuLookup, StepError> {
        let now = OffsetDateTime::now_utc();
        if let Some(known) = self.known(path, now) {
            return Ok(known);
        }
        let unit = self.organization.resolve(path).await?;
        self.keep(path, &unit, now);
        Ok(unit)
    }

    /// Resolves many paths with few calls: each parent is listed once.
    pub async fn resolve_many(
        &self,
        paths: BTreeSet<OrganizationalUnitPath>,
    ) -> Result<BTreeMap<OrganizationalUnitPath, OuLookup>, StepError> {
        let now = OffsetDateTime::now_utc();
        let (mut found, mut unknown) = (BTreeMap::new(), BTreeSet::new());
        for path in paths {
            match self.known(&path, now) {
                Some(unit) => drop(found.insert(path, unit)),
                None => drop(unknown.insert(path)),
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        for (path, unit) in self.organization.resolve_many(unknown).await? {
            self.keep(&path, &unit, now);
            found.insert(path, unit);
        }
        Ok(found)
    }

    fn known(&self, path: &OrganizationalUnitPath, now: OffsetDateTime) -> Option<OuLookup> {
        let missing = || self.missing.as_ref()?.get(path, now).map(OuLookup::Missing);
        self.ids.get(path, now).map(OuLookup::Found).or_else(missing)
    }

    fn keep(&self, path: &OrganizationalUnitPath, unit: &OuLookup, now: OffsetDateTime) {
        match (unit, &self.missing) {
            (OuLookup::Found(ids), _) => self.insert(path.clone(), ids.clone(), now),
            (OuLookup::Missing(missing), Some(cache)) => cache.insert(path.clone(), missing.clone(), now),
            (OuLookup::Missing(_), None) => {}
        }
    }

    /// Adds an OU to the cache. The IDs are those of [`OuLookup::Found`].
    pub fn insert(&self, path: OrganizationalUnitPath, ids: Vec<OuId>, at: OffsetDateTime) {
        self.ids.insert(path, ids, at);
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_mocks::{RuleMode, mock_client};

    use super::*;

    fn units() -> OuCache {
        OuCache::new(Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, &[])))
    }

    fn path(text: &str) -> OrganizationalUnitPath {
        text.parse().unwrap()
    }

    fn missing() -> OuLookup {
        OuLookup::Missing(MissingOu { detail: "must exist".to_owned(), depth: 0, siblings: BTreeMap::new() })
    }

    #[test]
    fn missing_path_expires_after_30_seconds() {
        let (units, now) = (units().caching_misses(), OffsetDateTime::UNIX_EPOCH);
        units.keep(&path("Nowhere"), &missing(), now);
        assert_eq!(units.known(&path("Nowhere"), now + Duration::seconds(29)), Some(missing()));
        assert_eq!(units.known(&path("Nowhere"), now + Duration::seconds(30)), None);
    }

    #[test]
    fn missing_path_is_not_cached_by_default() {
        let (units, now) = (units(), OffsetDateTime::UNIX_EPOCH);
        units.keep(&path("Nowhere"), &missing(), now);
        assert_eq!(units.known(&path("Nowhere"), now), None);
    }

    #[test]
    fn number_of_cached_misses_is_limited() {
        let (units, now) = (units().caching_misses(), OffsetDateTime::UNIX_EPOCH);
        for number in 0..1_000 {
            units.keep(&path(&format!("Nowhere{number}")), &missing(), now);
        }
        let cached = (0..1_000).filter(|number| units.known(&path(&format!("Nowhere{number}")), now).is_some());
        assert_eq!(cached.count(), MAXIMUM_MISSES);
    }

    #[test]
    fn found_path_expires_after_ten_minutes() {
        let (units, now) = (units(), OffsetDateTime::UNIX_EPOCH);
        let found = OuLookup::Found(["r-root", "ou-w"].map(|id| id.parse().unwrap()).to_vec());
        units.keep(&path("Workloads"), &found, now);
        assert_eq!(units.known(&path("Workloads"), now + Duration::seconds(599)), Some(found));
        assert_eq!(units.known(&path("Workloads"), now + Duration::minutes(10)), None);
        assert_eq!(units.known(&path("Sandbox"), now), None);
    }
}
