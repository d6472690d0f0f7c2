//! Error codes for control flow, messages for people.

use std::error::Error;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

/// What went wrong, as the state machine sees it: a code names the decision, not the cause.
///
/// The name of a code is the `errorType` on the wire, and so what `Retry` and `Catch` in the ASL match.
#[derive(Clone, Copy, Debug, Eq, PartialEq, EnumIter, EnumString, IntoStaticStr)]
pub enum ErrorCode {
    /// AWS asked us to slow down.
    Throttled,
    /// AWS failed, was unreachable, or was changing the same thing for somebody else.
    ServiceUnavailable,
    /// Something new is not usable yet: an account, a role, a service in a fresh account.
    NotReady,
    /// The answer to a call that changes something was lost: look before calling again.
    OutcomeUnknown,
    /// The request cannot be vended as it is.
    InvalidRequest,
    /// A parameter of the stack, or a resource that it names, is not as it should be.
    InvalidConfiguration,
    /// AWS denies an action for good.
    AccessDenied,
    /// The email belongs to an account that is not this request's.
    EmailAlreadyExists,
    /// The organization has no account left in its quota.
    AccountLimitExceeded,
    /// AWS ended the creation of the account as failed.
    CreationFailed,
    /// AWS had not ended the creation of the account by its deadline.
    CreationStillInProgress,
    /// The execution came to its own deadline.
    DeadlineExceeded,
    /// The execution ended without a state that could say why.
    ExecutionEnded,
    /// An answer that this version does not know.
    Unexpected,
}

/// Who can do something about a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    Requester,
    Platform,
    Aws,
}

impl ErrorCode {
    /// Whether the same call may succeed later; the ASL's retriers name exactly these codes.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::ServiceUnavailable | Self::NotReady | Self::OutcomeUnknown)
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub const fn owner(self) -> Owner {
        match self {
            Self::InvalidRequest | Self::EmailAlreadyExists => Owner::Requester,
            Self::Throttled | Self::ServiceUnavailable | Self::OutcomeUnknown | Self::CreationStillInProgress => {
                Owner::Aws
            }
            _ => Owner::Platform,
        }
    }

    /// What to do next, where the failing step has nothing more precise to say.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Throttled | Self::ServiceUnavailable | Self::NotReady | Self::OutcomeUnknown => {
                "send the same request again; it goes on where this one stopped"
            }
            Self::InvalidRequest => "correct the request and send it again",
            Self::InvalidConfiguration => {
                "correct the stack or the resource that the message names, then send the same request again"
            }
            Self::AccessDenied => {
                "allow the action (look for a service control policy or a missing permission), then send the same request again"
            }
            Self::EmailAlreadyExists => {
                "ask again with another accountEmail; an email stays taken after its account is closed"
            }
            Self::AccountLimitExceeded => {
                "raise the quota 'Default maximum number of accounts' of AWS Organizations in us-east-1, then send the same request again"
            }
            Self::CreationFailed => "settle what the message names with AWS, then send the same request again",
            Self::CreationStillInProgress => {
                "nothing to do: the hourly sweep goes on with the account as soon as AWS has created it"
            }
            Self::DeadlineExceeded | Self::ExecutionEnded => {
                "look at the execution in the Step Functions console, then send the same request again"
            }
            Self::Unexpected => {
                "look at the log of the step; if AWS answered something new, report it as a defect of account-vending"
            }
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a step could not do its work.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StepError {
    code: ErrorCode,
    message: String,
    remedy: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StepError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), remedy: None, source: None }
    }

    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error under another code: the same answer of AWS can be a different decision elsewhere.
    #[must_use]
    pub fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = code;
        self
    }

    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    pub fn remedy(&self) -> &str {
        self.remedy.as_deref().unwrap_or(self.code.remedy())
    }

    /// The text that crosses the wire; [`crate::Failure::caught`] reads it back.
    pub fn wire_message(&self, step: &str) -> String {
        let mut text = format!("{step}: {}", self.message);
        let mut source = self.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        format!("{text}\nRemedy: {}", self.remedy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn codes_keep_out_of_the_names_that_step_functions_reserves() {
        for code in ErrorCode::iter() {
            let name = code.as_str();
            assert!(name.chars().all(|c| c.is_ascii_alphabetic()), "{name} may only have letters");
            assert!(!name.ends_with("Exception"), "{name}");
            assert!(!code.remedy().is_empty(), "{name} has no remedy");
        }
    }

    #[test]
    fn the_wire_message_names_step_cause_and_remedy() {
        let error = StepError::new(ErrorCode::Throttled, "could not move the account")
            .with_source(std::io::Error::other("slow down"));
        assert_eq!(
            error.wire_message("MoveAccount"),
            "MoveAccount: could not move the account: slow down\nRemedy: send the same request again; it goes on where this one stopped"
        );
    }
}
