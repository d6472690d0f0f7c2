//! `PUT /accounts/{accountId}`: changes an account, or repairs its baseline.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use serde_json::Value;
use vending_api::{ApiError, Response};
use vending_core::{AccountRequest, EmailAddress, Problem, RequestPolicy, RequestRecord, Requester, principal};
use vending_requests::{MAXIMUM_ATTEMPTS, contention_error};

use crate::AccountsApi;
use crate::body::{parse_request, read_json};
use crate::get_account::account_not_found;

/// Validated instead of the recorded name, which is always valid: an adopted account can have a name that a request
/// cannot have.
const PLACEHOLDER_NAME: &str = "recorded";

impl AccountsApi {
    pub(crate) async fn change_account(
        &self,
        caller: &Requester,
        account: &str,
        event: &ApiGatewayProxyRequest,
    ) -> Result<Response, ApiError> {
        let account = self.recorded_account(account).await?;
        for _ in 0..MAXIMUM_ATTEMPTS {
            let last = self.requests.last_for(&account).await?;
            let last = last.ok_or_else(|| account_not_found(account.account_id.as_str()))?;
            authorize(caller, &last)?;
            let body = read_json(event)?;
            let policy = self.policy_for(&body, caller).await?;
            let change = parse_change(&last.request, body, &policy).map_err(ApiError::invalid)?;
            if let Some(outcome) = self.requests.change(&last, change, caller).await? {
                return self.respond_to(outcome).await;
            }
        }
        Err(contention_error().into())
    }
}

fn authorize(caller: &Requester, last: &RequestRecord) -> Result<(), ApiError> {
    if caller.is_same_principal(&last.requested_by) || caller.is_operator() {
        return Ok(());
    }
    let requester = principal(&last.requested_by);
    let detail = format!("only {requester}, who requested this account, and operators can change it");
    Err(ApiError::new(StatusCode::FORBIDDEN, detail))
}

/// Parses the body of a change. The name and the email of the account cannot change.
pub(crate) fn parse_change(
    recorded: &AccountRequest,
    mut body: Value,
    policy: &RequestPolicy,
) -> Result<AccountRequest, Vec<Problem>> {
    let problems = identity_problems(recorded, &body);
    let keeps_name = body.get("accountName").and_then(Value::as_str) == Some(&recorded.account_name);
    if let Value::Object(fields) = &mut body {
        if keeps_name {
            fields.insert("accountName".to_owned(), PLACEHOLDER_NAME.into());
        }
        let email = fields.entry("accountEmail").or_insert(Value::Null);
        if email.is_null() {
            *email = recorded.account_email.to_string().into();
        }
    }
    let mut request = parse_request(&body, policy, problems)?;
    if keeps_name {
        request.account_name.clone_from(&recorded.account_name);
    }
    Ok(request)
}

/// Malformed fields are skipped: the parser reports them.
fn identity_problems(recorded: &AccountRequest, body: &Value) -> Vec<Problem> {
    let string = |name| body.get(name).and_then(Value::as_str);
    let mut problems = Vec::new();
    let email = string("accountEmail").and_then(|email| email.parse::<EmailAddress>().ok());
    if email.is_some_and(|email| email != recorded.account_email) {
        let detail = "must be left out or unchanged: the email of an account cannot be changed";
        problems.push(Problem::at(&["accountEmail"], detail));
    }
    if string("accountName").is_some_and(|name| name != recorded.account_name) {
        let name = &recorded.account_name;
        let detail = format!("must be `{name}`: renaming an account is not supported");
        problems.push(Problem::at(&["accountName"], detail));
    }
    problems
}
