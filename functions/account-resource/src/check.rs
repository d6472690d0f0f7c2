//! Checks the properties of a resource as a whole: everything that is wrong is told at once.

use serde_json::{Map, Value};
use vending_core::{AccountRequest, EmailAddress, ErrorCode, OrganizationalUnitPath, StepError};
use vending_organization::Units;

use crate::AccountResource;
use crate::problems::in_properties;
use crate::properties::{Properties, released_unit};

impl AccountResource {
    /// The request that the properties are. Of a `recorded` one, name and email stay.
    pub(crate) async fn checked(
        &self,
        properties: &Map<String, Value>,
        recorded: Option<&AccountRequest>,
    ) -> Result<AccountRequest, StepError> {
        let mut read = Properties::read(properties);
        if let Some(recorded) = recorded {
            read.problems.extend(identity_problems(recorded, &read.request));
            let email = read.request.entry("accountEmail").or_insert(Value::Null);
            if email.is_null() {
                *email = recorded.account_email.to_string().into();
            }
        }
        let parsed = AccountRequest::parse(&Value::Object(read.request), &self.bounds);
        match &parsed {
            Ok(request) => {
                let missing = self.missing(&request.organizational_unit).await?;
                read.problems.extend(missing.map(|detail| format!("OrganizationalUnit: {detail}")));
            }
            Err(problems) => read.problems.extend(problems.iter().map(in_properties)),
        }
        if let Some(path) = &read.released_unit {
            let problem = match self.allowed(path) {
                Ok(path) => self.missing(&path).await?,
                Err(detail) => Some(detail),
            };
            read.problems.extend(problem.map(|detail| released_unit(&detail)));
        }
        match parsed {
            Ok(request) if read.problems.is_empty() => Ok(request),
            _ => Err(refused(&read.problems)),
        }
    }

    /// Where a released account may go is bounded as where a vended one may.
    pub(crate) fn allowed(&self, path: &str) -> Result<OrganizationalUnitPath, String> {
        let path: OrganizationalUnitPath = path.parse().map_err(|error| format!("{error}"))?;
        match self.bounds.refusal(&path) {
            Some(detail) => Err(detail),
            None => Ok(path),
        }
    }

    /// What is wrong with a path, if so. When AWS cannot say, nothing is: it is looked up again before it is used.
    async fn missing(&self, path: &OrganizationalUnitPath) -> Result<Option<String>, StepError> {
        match self.organization.resolve(path).await {
            Ok(Units::Found(_)) => Ok(None),
            Ok(Units::Missing(detail)) => Ok(Some(detail)),
            Err(error) if matches!(error.code(), ErrorCode::Throttled | ErrorCode::ServiceUnavailable) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What identifies an account stays. A property that is malformed is left to the parser.
fn identity_problems(recorded: &AccountRequest, request: &Map<String, Value>) -> Vec<String> {
    let text = |name| request.get(name).and_then(Value::as_str);
    let mut problems = Vec::new();
    let email = text("accountEmail").and_then(|email| email.parse::<EmailAddress>().ok());
    if email.is_some_and(|email| email != recorded.account_email) {
        let what = "must be left out or stay as it is: the email of an account cannot be changed";
        problems.push(format!("AccountEmail: {what}"));
    }
    if text("accountName").is_some_and(|name| name != recorded.account_name) {
        let name = &recorded.account_name;
        problems.push(format!("AccountName: must stay `{name}`: renaming an account is not supported"));
    }
    problems
}

fn refused(problems: &[String]) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, problems.join("; "))
        .with_remedy("correct these properties, then create or update the stack again")
}
