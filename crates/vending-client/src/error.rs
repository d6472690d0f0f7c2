//! The errors of a call, each a decision that a caller can take.

use std::fmt;

use vending_core::{Problem, principal};

use crate::credentials::CredentialError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API does not do it. Nothing was started.
    #[error("{0}")]
    Refused(Refusal),
    /// The caller may not do it.
    #[error("not permitted: {}", .0.message)]
    NotPermitted(NotPermitted),
    /// There is nothing to sign with.
    #[error("no AWS credentials")]
    NoCredentials(#[source] CredentialError),
    /// No usable response, also after retries. Whether the call was done is not known; it can be repeated.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    /// A response that the API does not have, or an internal error of the API.
    #[error("unexpected response to {call}: {reason}")]
    Unexpected {
        /// Such as `GET /accounts`.
        call: String,
        status: Option<u16>,
        reason: String,
    },
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    pub status: u16,
    /// What failed, and what to do about it.
    pub message: String,
    /// The validation errors. A pointer is a JSON pointer into the body, or `?name` for a query parameter.
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotPermitted {
    pub message: String,
    /// The ARN that signed the call, if the response names it.
    pub signed_by: Option<String>,
    /// What `execute-api:Invoke` has to be allowed on.
    pub resource: String,
    /// Whether the call reached the API, which lets only some callers do it. Otherwise a policy denied it.
    pub by_api: bool,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        self.problems.iter().try_for_each(|problem| write!(formatter, "\n  {} {}", problem.pointer, problem.detail))
    }
}

impl NotPermitted {
    /// What to check, in sentences.
    pub fn advice(&self) -> Vec<String> {
        match (self.by_api, self.is_about_organization()) {
            (true, false) => vec!["the requester of the account or an operator of the stack can do it".to_owned()],
            (true, true) => {
                let caller = self.signed_by.as_deref().map_or("the caller", principal);
                vec![format!("{caller} has to be in the stack's OrganizationPrincipals")]
            }
            (false, _) => vec![
                format!("the caller needs execute-api:Invoke on {}", self.resource),
                "principals of other accounts also have to be in the stack's RequesterPrincipals".to_owned(),
            ],
        }
    }

    fn is_about_organization(&self) -> bool {
        self.resource.contains("/organization/")
    }
}
