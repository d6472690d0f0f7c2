//! The calls that went through, for the tests to look at.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::identity::Decision;
use crate::proxy::lock;

/// One call to AWS, recorded when its answer was known.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Counts from 1, in the order of the answers.
    pub sequence: u64,
    /// When the call came in.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// The service's signing name: `organizations`, `states`, `sso`.
    pub service: String,
    /// `CreateAccount`; of a REST service without a better name, `POST /detector`.
    pub operation: String,
    pub region: Option<String>,
    /// The account that the caller acts in.
    pub account: String,
    pub access_key_id: Option<String>,
    /// The role of the caller; none for a caller with credentials of the management account itself.
    pub role_arn: Option<String>,
    pub session_name: Option<String>,
    /// The function that called, whatever role it had assumed. Known on Linux, and of
    /// calls with the function's own role where the platform checks IAM.
    #[serde(default)]
    pub function: Option<String>,
    /// As sent, without secrets.
    pub parameters: Value,
    /// None when a rule cut the connection, or killed the caller.
    pub status: Option<u16>,
    pub error_code: Option<String>,
    /// The rule that applied to the call.
    pub rule: Option<u64>,
    /// What the caller's policies said; empty while they are not evaluated, and up to the first denial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
}

impl Call {
    /// Whether the call is in, of or about what this text names: an account's id, its email, its key.
    pub fn mentions(&self, text: &str) -> bool {
        self.account == text
            || self.session_name.as_deref().is_some_and(|name| name.contains(text))
            || self.parameters.to_string().contains(text)
    }
}

/// Enough for any test; a long benchmark must not fill the memory.
const KEPT: usize = 100_000;

#[derive(Default)]
pub(crate) struct Recorder(Mutex<Recorded>);

#[derive(Default)]
struct Recorded {
    last_sequence: u64,
    calls: VecDeque<Call>,
}

impl Recorder {
    /// Numbers the call. Only now, with its answer known, so that no call appears behind a number already read.
    pub(crate) fn record(&self, call: Call) {
        let mut recorded = lock(&self.0);
        recorded.last_sequence += 1;
        let sequence = recorded.last_sequence;
        recorded.calls.push_back(Call { sequence, ..call });
        if recorded.calls.len() > KEPT {
            recorded.calls.pop_front();
        }
    }

    pub(crate) fn last_sequence(&self) -> u64 {
        lock(&self.0).last_sequence
    }

    pub(crate) fn since(&self, sequence: u64) -> Vec<Call> {
        lock(&self.0).calls.iter().filter(|call| call.sequence > sequence).cloned().collect()
    }

    /// Forgets the calls, not how many there were.
    pub(crate) fn clear(&self) -> usize {
        std::mem::take(&mut lock(&self.0).calls).len()
    }
}
