//! Validates the properties of a resource, and reports all errors at once.

use serde_json::{Map, Value};
use vending_core::{AccountRequest, EmailAddress, ErrorCode, OrganizationalUnitPath, OuId, Requester, StepError};
use vending_settings::{PresentSettings, SettingsLookup};

use crate::CfnAccountResource;
use crate::problems::property_error;
use crate::properties::{Properties, released_ou_error};

impl CfnAccountResource {
    /// Validates the properties as a request. The name and the email of a `recorded` request cannot change.
    pub(crate) async fn validate(
        &self,
        properties: &Map<String, Value>,
        recorded: Option<&AccountRequest>,
        requester: &Requester,
    ) -> Result<AccountRequest, StepError> {
        let mut parsed = Properties::parse(properties);
        let body = Value::Object(parsed.request.clone());
        let policy = self.settings.policy_for(&body, requester).await?;
        if let Some(recorded) = recorded {
            parsed.problems.extend(identity_problems(recorded, &parsed.request));
            let email = parsed.request.entry("accountEmail").or_insert(Value::Null);
            if email.is_null() {
                *email = recorded.account_email.to_string().into();
            }
        } else {
            let email = parsed.request.get("accountEmail").and_then(Value::as_str);
            let violation = self.requests.email_violation(&policy, email).await?;
            parsed.problems.extend(violation.map(|detail| format!("AccountEmail: {detail}")));
        }
        let request = AccountRequest::parse(&Value::Object(parsed.request), &policy);
        parsed.problems.extend(request.as_ref().err().into_iter().flatten().map(property_error));
        if let Some(path) = &parsed.released_ou {
            let problem = released_ou(&self.settings.read().await?, path).await?.err();
            parsed.problems.extend(problem.map(|detail| released_ou_error(&detail)));
        }
        match request {
            Ok(request) if parsed.problems.is_empty() => Ok(request),
            _ => Err(validation_error(&parsed.problems)),
        }
    }
}

/// The OU of a released account, which must be an OU that requests can name, or what is expected of it.
pub(crate) async fn released_ou(settings: &PresentSettings<'_>, path: &str) -> Result<Result<OuId, String>, StepError> {
    let path: OrganizationalUnitPath = match path.parse() {
        Ok(path) => path,
        Err(error) => return Ok(Err(format!("{error}"))),
    };
    Ok(match settings.of(&path).await? {
        SettingsLookup::Found(unit) => match unit.policy(false).unit_violation() {
            Some(violation) => Err(violation.to_owned()),
            None => unit.ids.last().cloned().ok_or_else(|| "must exist".to_owned()),
        },
        SettingsLookup::Missing(detail) => Err(detail),
    })
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
