//! The operators of the stack, who can change any account.

use aws_lambda_events::http::StatusCode;
use vending_api::{ApiError, Principals};
use vending_core::Requester;

/// The operators of this stack.
#[derive(Debug, Default)]
pub(crate) struct Operators(Principals);

impl Operators {
    pub(crate) fn parse(entries: &[String]) -> Result<Self, String> {
        Principals::parse(entries).map(Self)
    }

    /// Marks the caller as an operator if it is one.
    pub(crate) fn recognize(&self, caller: Requester) -> Requester {
        if self.0.contains(&caller) { Requester::operator(caller.arn()) } else { caller }
    }
}

/// Rejects a caller that is not an operator. `action` completes "only operators can …".
pub(crate) fn require_operator(caller: &Requester, action: &str) -> Result<(), ApiError> {
    if caller.is_operator() {
        return Ok(());
    }
    let detail = format!("only operators can {action}; see the stack's parameter OperatorPrincipals");
    Err(ApiError::new(StatusCode::FORBIDDEN, detail))
}
