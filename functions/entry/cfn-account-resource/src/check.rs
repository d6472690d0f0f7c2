//! Validates the properties of a resource, and reports all errors at once.

use serde_json::{Map, Value};
use vending_core::{AccountRequest, EmailAddress, ErrorCode, OrganizationalUnitPath, StepError};
use vending_organization::OuLookup;

use crate::CfnAccountResource;
use crate::problems::property_error;
use crate::properties::{Properties, released_ou_error};

impl CfnAccountResource {
    /// Validates the properties as a request. The name and the email of a `recorded` request cannot change.
    pub(crate) async fn validate(
        &self,
        properties: &Map<String, Value>,
        recorded: Option<&AccountRequest>,
    ) -> Result<AccountRequest, StepError> {
        let mut parsed = Properties::parse(properties);
        if let Some(recorded) = recorded {
            parsed.problems.extend(identity_problems(recorded, &parsed.request));
            let email = parsed.request.entry("accountEmail").or_insert(Value::Null);
            if email.is_null() {
                *email = recorded.account_email.to_string().into();
            }
        } else {
            let email = parsed.request.get("accountEmail").and_then(Value::as_str);
            let violation = self.requests.email_violation(&self.policy, email).await?;
            parsed.problems.extend(violation.map(|detail| format!("AccountEmail: {detail}")));
        }
        let request = AccountRequest::parse(&Value::Object(parsed.request), &self.policy);
        match &request {
            Ok(request) => {
                let missing = self.missing_ou(&request.organizational_unit).await?;
                parsed.problems.extend(missing.map(|detail| format!("OrganizationalUnit: {detail}")));
            }
            Err(problems) => parsed.problems.extend(problems.iter().map(property_error)),
        }
        if let Some(path) = &parsed.released_ou {
            let problem = match self.allowed_ou(path) {
                Ok(path) => self.missing_ou(&path).await?,
                Err(detail) => Some(detail),
            };
            parsed.problems.extend(problem.map(|detail| released_ou_error(&detail)));
        }
        match request {
            Ok(request) if parsed.problems.is_empty() => Ok(request),
            _ => Err(validation_error(&parsed.problems)),
        }
    }

    /// Parses the OU of a released account, which must be an OU that requests can name.
    pub(crate) fn allowed_ou(&self, path: &str) -> Result<OrganizationalUnitPath, String> {
        let path: OrganizationalUnitPath = path.parse().map_err(|error| format!("{error}"))?;
        match self.policy.ou_violation(&path) {
            Some(detail) => Err(detail),
            None => Ok(path),
        }
    }

    /// The error of a path, if its OU does not exist. A transient error of AWS is ignored: the path is looked up again
    /// before it is used.
    async fn missing_ou(&self, path: &OrganizationalUnitPath) -> Result<Option<String>, StepError> {
        match self.units.resolve(path).await {
            Ok(OuLookup::Found(_)) => Ok(None),
            Ok(OuLookup::Missing(detail)) => Ok(Some(detail)),
            Err(error) if matches!(error.code(), ErrorCode::Throttled | ErrorCode::ServiceUnavailable) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The errors of a changed name or email. Malformed properties are skipped: the parser reports them.
fn identity_problems(recorded: &AccountRequest, request: &Map<String, Value>) -> Vec<String> {
    let string = |name| request.get(name).and_then(Value::as_str);
    let mut problems = Vec::new();
    let email = string("accountEmail").and_then(|email| email.parse::<EmailAddress>().ok());
    if email.is_some_and(|email| email != recorded.account_email) {
        let detail = "must be left out or unchanged: the email of an account cannot be changed";
        problems.push(format!("AccountEmail: {detail}"));
    }
    if string("accountName").is_some_and(|name| name != recorded.account_name) {
        let name = &recorded.account_name;
        problems.push(format!("AccountName: must be `{name}`: renaming an account is not supported"));
    }
    problems
}

fn validation_error(problems: &[String]) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, problems.join("; "))
        .with_remedy("correct these properties, then create or update the stack again")
}
