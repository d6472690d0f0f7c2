//! The EventBridge events that this function is a target of.

use serde::Deserialize;
use vending_core::{ErrorCode, InvalidId, RequestId, StepError};

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

impl Event {
    /// The request whose execution ended; nothing for the hourly event.
    pub(crate) fn ended_execution(&self) -> Result<Option<RequestId>, StepError> {
        match (self.detail_type.as_str(), &self.detail.name) {
            ("Scheduled Event", _) => Ok(None),
            ("Step Functions Execution Status Change", Some(name)) => {
                let id: Result<RequestId, InvalidId> = name.parse();
                id.map(Some).map_err(|error| refused(error.to_string()))
            }
            (other, _) => Err(refused(format!("`{other}` is no event of this function"))),
        }
    }
}

fn refused(message: String) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, message)
}
