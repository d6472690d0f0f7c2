//! Evaluates IAM policy documents: identity-based policies, session policies, trust policies, SCPs, and RCPs.
//!
//! The `iam-rs` crate matches actions and resources, and compares numbers, dates, and IP addresses. Conditions on
//! strings, ARNs, and booleans, and policy variables are evaluated here, because iam-rs 0.8.0 differs from AWS in them;
//! see `condition` and `pattern`.
//!
//! Principals are not compared: callers pass the statements that apply to the principal.

mod condition;
mod operator;
mod pattern;
mod policy;

use std::collections::BTreeMap;

use serde_json::Value;

pub use policy::{InvalidPolicy, Policy};

/// The condition keys of a request, by name. Names are compared without case. A value is a string, a boolean, a number,
/// or a list of strings; a key that is absent on AWS is absent here.
pub type Keys = BTreeMap<String, Value>;

/// The result of evaluating documents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Evaluation {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
}

/// `resource` is `None` for an action without a resource.
#[derive(Clone, Copy, Debug)]
pub struct ActionRequest<'a> {
    pub action: &'a str,
    pub resource: Option<&'a str>,
    pub keys: &'a Keys,
}

/// An evaluation, and the statement that decided it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Decision<'a> {
    pub evaluation: Evaluation,
    /// The Sid of the statement, or its number. An implicit deny has none.
    pub statement: Option<&'a str>,
}

/// Evaluates a document. Fails if it is not valid.
pub fn evaluate(document: &Value, request: ActionRequest<'_>) -> Result<Evaluation, InvalidPolicy> {
    Ok(Policy::parse(document)?.decide(request)?.evaluation)
}

/// Evaluates several documents together.
pub fn evaluate_all(documents: &[Value], request: ActionRequest<'_>) -> Result<Evaluation, InvalidPolicy> {
    let mut combined = Evaluation::ImplicitDeny;
    for document in documents {
        match evaluate(document, request)? {
            Evaluation::ExplicitDeny => return Ok(Evaluation::ExplicitDeny),
            Evaluation::Allowed => combined = Evaluation::Allowed,
            Evaluation::ImplicitDeny => {}
        }
    }
    Ok(combined)
}

/// Whether an ARN matches a pattern with wildcards, as the ARN operators compare it.
pub fn arn_matches(pattern: &str, arn: &str) -> bool {
    pattern::Pattern::with_wildcards(pattern, &Keys::new()).is_some_and(|pattern| pattern.matches_arn(arn))
}

#[cfg(test)]
mod tests;
