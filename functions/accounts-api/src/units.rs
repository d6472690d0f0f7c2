//! Whether an organizational unit exists, without asking AWS every time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};
use vending_core::{ErrorCode, OrganizationalUnitPath, Problem, StepError};
use vending_organization::{Organization, Units};

/// How long an organizational unit that was found counts as there.
///
/// Being wrong costs nothing: the execution looks again before it creates anything.
const REMEMBERED: Duration = Duration::minutes(5);

#[derive(Debug)]
pub(crate) struct KnownUnits {
    organization: Organization,
    /// When each path was found. What is missing is never remembered: it may be created any moment.
    found: Mutex<HashMap<OrganizationalUnitPath, OffsetDateTime>>,
}

impl KnownUnits {
    pub(crate) fn new(organization: Organization) -> Self {
        Self { organization, found: Mutex::default() }
    }

    pub(crate) fn organization(&self) -> &Organization {
        &self.organization
    }

    /// What is wrong with a path, if so. When AWS cannot say, nothing is: `validate-request` asks again.
    pub(crate) async fn problem(&self, path: &OrganizationalUnitPath) -> Result<Option<Problem>, StepError> {
        let now = OffsetDateTime::now_utc();
        if self.remembers(path, now) {
            return Ok(None);
        }
        match self.organization.resolve(path).await {
            Ok(Units::Found(_)) => {
                self.remember(path, now);
                Ok(None)
            }
            Ok(Units::Missing(detail)) => Ok(Some(Problem::at(&["organizationalUnit"], detail))),
            Err(error) if is_passing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remembers(&self, path: &OrganizationalUnitPath, now: OffsetDateTime) -> bool {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(path).is_some_and(|at| now - *at < REMEMBERED)
    }

    fn remember(&self, path: &OrganizationalUnitPath, now: OffsetDateTime) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.insert(path.clone(), now);
    }
}

#[cfg(test)]
impl KnownUnits {
    pub(crate) fn remember_for_test(&self, path: &str) {
        if let Ok(path) = path.parse() {
            self.remember(&path, OffsetDateTime::now_utc());
        }
    }
}

fn is_passing(error: &StepError) -> bool {
    matches!(error.code(), ErrorCode::Throttled | ErrorCode::ServiceUnavailable)
}

#[cfg(test)]
mod tests {
    use aws_smithy_mocks::{RuleMode, mock_client};

    use super::*;

    #[test]
    fn what_was_found_is_looked_up_again_after_five_minutes() {
        let client = mock_client!(aws_sdk_organizations, RuleMode::Sequential, &[]);
        let units = KnownUnits::new(Organization::new(client));
        let path = "Workloads".parse().unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        assert!(!units.remembers(&path, now));
        units.remember(&path, now);
        assert!(units.remembers(&path, now + Duration::seconds(299)));
        assert!(!units.remembers(&path, now + Duration::minutes(5)));
        assert!(!units.remembers(&"Sandbox".parse().unwrap(), now));
    }
}
