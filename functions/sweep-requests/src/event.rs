//! The EventBridge events that this function is a target of.

use serde::Deserialize;
use vending_core::{ErrorCode, RequestId, StepError};

/// The envelope of every EventBridge event, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Detail,
}

/// The detail of `Step Functions Execution Status Change`; a scheduled event's is empty.
#[derive(Clone, Debug, Deserialize)]
struct Detail {
    /// The execution's name, which is the request's id.
    name: Option<String>,
}

/// Why the function runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Occasion {
    /// It is time to look at all requests.
    Scheduled,
    /// The execution of this request ended.
    Ended(RequestId),
    /// An execution ended that was started by hand, under a name of its own: it answers to nobody.
    ByHand,
}

impl Event {
    pub(crate) fn occasion(&self) -> Result<Occasion, StepError> {
        match (self.detail_type.as_str(), &self.detail.name) {
            ("Scheduled Event", _) => Ok(Occasion::Scheduled),
            ("Step Functions Execution Status Change", Some(name)) => {
                Ok(name.parse().map_or(Occasion::ByHand, Occasion::Ended))
            }
            (other, _) => {
                let message = format!("`{other}` is no event of this function");
                Err(StepError::new(ErrorCode::InvalidRequest, message))
            }
        }
    }
}
