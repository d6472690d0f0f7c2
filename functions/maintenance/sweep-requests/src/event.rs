//! The EventBridge events that invoke this function.

use serde::Deserialize;
use vending_core::{ErrorCode, RequestId, StepError};

/// The envelope of an EventBridge event, with the fields that this function reads.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Detail,
}

/// The detail of `Step Functions Execution Status Change`. In a scheduled event, it is empty.
#[derive(Clone, Debug, Deserialize)]
struct Detail {
    /// The name of the execution, which is the request ID.
    name: Option<String>,
}

/// Why the function was invoked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Trigger {
    /// The hourly schedule: process all requests.
    Scheduled,
    /// The execution of this request ended.
    ExecutionEnded(RequestId),
    /// An execution ended that was started manually, under another name. It has no request.
    Unmanaged,
}

impl Event {
    pub(crate) fn trigger(&self) -> Result<Trigger, StepError> {
        match (self.detail_type.as_str(), &self.detail.name) {
            ("Scheduled Event", _) => Ok(Trigger::Scheduled),
            ("Step Functions Execution Status Change", Some(name)) => {
                Ok(name.parse().map_or(Trigger::Unmanaged, Trigger::ExecutionEnded))
            }
            (other, _) => {
                let message = format!("unsupported event type `{other}`");
                Err(StepError::new(ErrorCode::InvalidRequest, message))
            }
        }
    }
}
