//! Whether an organizational unit exists.

use vending_core::{ErrorCode, OrganizationalUnitPath, Problem, StepError};
use vending_organization::{KnownUnits, Units};

/// What is wrong with a path, if so. When AWS cannot say, nothing is: `validate-request` asks again.
pub(crate) async fn problem(units: &KnownUnits, path: &OrganizationalUnitPath) -> Result<Option<Problem>, StepError> {
    match units.resolve(path).await {
        Ok(Units::Found(_)) => Ok(None),
        Ok(Units::Missing(detail)) => Ok(Some(Problem::at(&["organizationalUnit"], detail))),
        Err(error) if is_passing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_passing(error: &StepError) -> bool {
    matches!(error.code(), ErrorCode::Throttled | ErrorCode::ServiceUnavailable)
}
