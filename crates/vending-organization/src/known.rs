//! OUs by path, without asking AWS every time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::{Duration, OffsetDateTime};
use vending_core::{OrganizationalUnitPath, StepError};

use crate::{Organization, Units};

/// How long a process takes the id of an OU that it found for the path's.
///
/// An OU that was removed meanwhile is refused by AWS when an account is to be moved there; [`Organization::place`] says
/// what to do. One that was renamed still goes by its former path.
const REMEMBERED: Duration = Duration::minutes(10);

/// An organization whose OUs are looked up once in ten minutes.
#[derive(Debug)]
pub struct KnownUnits {
    organization: Organization,
    /// What is missing is never remembered: it may be created any moment.
    found: Mutex<HashMap<OrganizationalUnitPath, Found>>,
}

#[derive(Debug)]
struct Found {
    id: String,
    at: OffsetDateTime,
}

impl KnownUnits {
    pub fn new(organization: Organization) -> Self {
        Self { organization, found: Mutex::default() }
    }

    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// As [`Organization::resolve`], where the path was not found in the last ten minutes.
    pub async fn resolve(&self, path: &OrganizationalUnitPath) -> Result<Units, StepError> {
        let now = OffsetDateTime::now_utc();
        if let Some(id) = self.recall(path, now) {
            return Ok(Units::Found(id));
        }
        let units = self.organization.resolve(path).await?;
        if let Units::Found(id) = &units {
            self.remember(path.clone(), id.clone(), now);
        }
        Ok(units)
    }

    pub fn remember(&self, path: OrganizationalUnitPath, id: String, at: OffsetDateTime) {
        self.found().insert(path, Found { id, at });
    }

    fn recall(&self, path: &OrganizationalUnitPath, now: OffsetDateTime) -> Option<String> {
        let found = self.found();
        found.get(path).filter(|found| now - found.at < REMEMBERED).map(|found| found.id.clone())
    }

    fn found(&self) -> MutexGuard<'_, HashMap<OrganizationalUnitPath, Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_mocks::{RuleMode, mock_client};

    use super::*;

    #[test]
    fn what_was_found_is_looked_up_again_after_ten_minutes() {
        let client = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &[]);
        let units = KnownUnits::new(Organization::new(client));
        let path: OrganizationalUnitPath = "Workloads".parse().unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(units.recall(&path, now), None);
        units.remember(path.clone(), "ou-w".to_owned(), now);
        assert_eq!(units.recall(&path, now + Duration::seconds(599)).as_deref(), Some("ou-w"));
        assert_eq!(units.recall(&path, now + Duration::minutes(10)), None);
        assert_eq!(units.recall(&"Sandbox".parse().unwrap(), now), None);
    }
}
