//! Error codes for control flow, messages for people.

use std::error::Error;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

/// An error code. It names the decision that follows from an error, not the cause.
///
/// The name of a code is the `errorType` that `Retry` and `Catch` match in the state machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq, EnumIter, EnumString, IntoStaticStr)]
pub enum ErrorCode {
    /// AWS throttled the call.
    Throttled,
    /// AWS failed or was unreachable, or another call was changing the same resource.
    ServiceUnavailable,
    /// A new account, role, Region, or service is not usable yet.
    NotReady,
    /// It is unknown whether a call changed something. Read the state before the next call.
    OutcomeUnknown,
    /// The request is invalid.
    InvalidRequest,
    /// A setting, a parameter of the stack, or a resource that one of them names, is wrong.
    InvalidConfiguration,
    /// The organization, its settings, or the stack has changed since the plan was made.
    PlanOutdated,
    /// AWS permanently denies an action.
    AccessDenied,
    /// AWS has not activated a service in the account, or is still verifying the account, long after its creation.
    ServiceNotActivated,
    /// The email belongs to an account of another request.
    EmailAlreadyExists,
    /// The organization has reached its account quota.
    AccountLimitExceeded,
    /// AWS could not create the account.
    CreationFailed,
    /// AWS had not created the account by the deadline.
    CreationStillInProgress,
    /// The execution reached its deadline.
    DeadlineExceeded,
    /// The execution ended before it could report why.
    ExecutionEnded,
    /// An error that this version does not know.
    Unexpected,
}

/// Who can act on a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    Requester,
    Platform,
    Aws,
}

impl ErrorCode {
    /// Whether the same call may succeed later. The `Retry` fields of the state machine name exactly these codes.
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::ServiceUnavailable | Self::NotReady | Self::OutcomeUnknown)
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub const fn owner(self) -> Owner {
        match self {
            Self::InvalidRequest | Self::EmailAlreadyExists | Self::PlanOutdated => Owner::Requester,
            Self::Throttled
            | Self::ServiceUnavailable
            | Self::OutcomeUnknown
            | Self::ServiceNotActivated
            | Self::CreationStillInProgress => Owner::Aws,
            _ => Owner::Platform,
        }
    }

    /// What to do next. A step can give a more specific remedy.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Throttled | Self::ServiceUnavailable | Self::NotReady | Self::OutcomeUnknown => {
                "send the same request again; it continues where this one stopped"
            }
            Self::InvalidRequest => "correct the request and send it again",
            Self::InvalidConfiguration => {
                "correct the setting, the parameter, or the resource that the message names, then send the same request again"
            }
            Self::PlanOutdated => "make a new plan of the manifest, review it, and apply that one",
            Self::AccessDenied => {
                "allow the action (check service control policies and permissions), then send the same request again"
            }
            Self::ServiceNotActivated => {
                "send the same request again later; if it still fails after several hours, ask AWS Support to activate the account"
            }
            Self::EmailAlreadyExists => {
                "send a request with another accountEmail; an email cannot be used again, even after its account is closed"
            }
            Self::AccountLimitExceeded => {
                "request an increase of the AWS Organizations quota 'Default maximum number of accounts' in us-east-1, then send the same request again"
            }
            Self::CreationFailed => {
                "resolve the cause that the message names with AWS, then send the same request again"
            }
            Self::CreationStillInProgress => {
                "nothing to do: the hourly sweep continues with the account after AWS has created it"
            }
            Self::DeadlineExceeded | Self::ExecutionEnded => {
                "check the execution in the Step Functions console, then send the same request again"
            }
            Self::Unexpected => {
                "check the log of the step; if AWS returned an unknown error, report a bug of account-vending"
            }
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The error of a step.
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

    /// The same error with another code, for a caller to which the same AWS error means another decision.
    #[must_use]
    pub fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = code;
        self
    }

    /// The same error without the emails in its message, for services whose messages repeat what they were given. The
    /// source has the original message, so it is dropped.
    #[must_use]
    pub fn without_emails(&self) -> Self {
        let hide = |word| if str::contains(word, '@') { "(an email)" } else { word };
        let words: Vec<&str> = self.message.split(' ').map(hide).collect();
        Self::new(self.code, words.join(" "))
    }

    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    pub fn remedy(&self) -> &str {
        self.remedy.as_deref().unwrap_or(self.code.remedy())
    }

    /// The message, followed by the messages of its sources.
    pub fn full_message(&self) -> String {
        let mut text = self.message.clone();
        let mut source = self.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn emails_are_hidden() {
        let error = StepError::new(ErrorCode::Throttled, "could not add sam@example.com to x").with_source(Leak);
        let hidden = error.without_emails();
        assert_eq!(
            (hidden.code(), hidden.full_message().as_str()),
            (ErrorCode::Throttled, "could not add (an email) to x")
        );
    }

    #[derive(Debug, thiserror::Error)]
    #[error("sam@example.com")]
    struct Leak;

    #[test]
    fn codes_are_not_reserved_by_step_functions() {
        for code in ErrorCode::iter() {
            let name = code.as_str();
            assert!(name.chars().all(|c| c.is_ascii_alphabetic()), "{name} may only have letters");
            assert!(!name.ends_with("Exception"), "{name}");
            assert!(!code.remedy().is_empty(), "{name} has no remedy");
        }
    }

    #[test]
    fn full_message_includes_every_source() {
        let error = StepError::new(ErrorCode::Throttled, "could not move the account")
            .with_source(std::io::Error::other("slow down"));
        assert_eq!(error.full_message(), "could not move the account: slow down");
    }
}
