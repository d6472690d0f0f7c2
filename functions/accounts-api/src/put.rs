//! `PUT /accounts/{accountKey}`: changes an account, or runs its baseline again.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use serde_json::Value;
use vending_core::{AccountKey, AccountRequest, EmailAddress, Problem, RequestRecord, Requester, principal};
use vending_requests::{TRIES, contended};

use crate::AccountsApi;
use crate::answer::{Answer, Refusal};
use crate::body::read_json;
use crate::dry_run::refuse_dry_run;

impl AccountsApi {
    pub(crate) async fn put(
        &self,
        caller: &Requester,
        account: &str,
        event: &ApiGatewayProxyRequest,
    ) -> Result<Answer, Refusal> {
        refuse_dry_run(&event.query_string_parameters)?;
        let unknown = || Refusal::not_found(format!("there is no account with the key `{account}`"));
        let key: AccountKey = account.parse().map_err(|_| unknown())?;
        for _ in 0..TRIES {
            let previous = self.requests.records().latest(&key).await?.ok_or_else(unknown)?;
            self.authorize(caller, &previous)?;
            let request = self.changed(&previous.request, read_json(event)?).await?;
            if let Some(asked) = self.requests.change(&previous, request, caller).await? {
                return self.answer_asked(asked).await;
            }
        }
        Err(contended().into())
    }

    fn authorize(&self, caller: &Requester, previous: &RequestRecord) -> Result<(), Refusal> {
        if caller.is(&previous.requested_by) || self.operators.include(caller) {
            return Ok(());
        }
        let requester = principal(&previous.requested_by);
        let detail =
            format!("only {requester}, who asked for this account, and the operators of this stack may change it");
        Err(Refusal::new(StatusCode::FORBIDDEN, detail))
    }

    /// Reads the body of a change: what identifies the account stays as it is.
    async fn changed(&self, recorded: &AccountRequest, mut body: Value) -> Result<AccountRequest, Refusal> {
        let problems = identity_problems(recorded, &body);
        if let Value::Object(fields) = &mut body {
            let email = fields.entry("accountEmail").or_insert(Value::Null);
            if email.is_null() {
                *email = recorded.account_email.to_string().into();
            }
        }
        self.check(&body, problems).await
    }
}

/// A field that is malformed is left to the parser, so that nothing is reported twice.
fn identity_problems(recorded: &AccountRequest, body: &Value) -> Vec<Problem> {
    let text = |name| body.get(name).and_then(Value::as_str);
    let mut problems = Vec::new();
    let email = text("accountEmail").and_then(|email| email.parse::<EmailAddress>().ok());
    if email.is_some_and(|email| email != recorded.account_email) {
        let detail = "must be left out or stay as it is: the email of an account cannot be changed";
        problems.push(Problem::at(&["accountEmail"], detail));
    }
    if text("accountName").is_some_and(|name| name != recorded.account_name) {
        let name = &recorded.account_name;
        let detail = format!("must stay `{name}`: renaming an account is not supported");
        problems.push(Problem::at(&["accountName"], detail));
    }
    problems
}
