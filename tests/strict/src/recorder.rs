//! The calls that went through, for the tests to look at.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::call::Call;
use crate::proxy::lock;

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

    pub(crate) fn since(&self, sequence: u64) -> Vec<Call> {
        lock(&self.0).calls.iter().filter(|call| call.sequence > sequence).cloned().collect()
    }
}
