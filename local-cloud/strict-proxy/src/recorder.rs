//! Records the calls for tests.

use std::collections::VecDeque;
use std::sync::Mutex;

use local_cloud::strict::Call;

use crate::sync::lock;

/// Enough for any test, and a limit on the memory.
const CAPACITY: usize = 100_000;

#[derive(Default)]
pub(crate) struct Recorder(Mutex<Recorded>);

#[derive(Default)]
struct Recorded {
    last_sequence: u64,
    calls: VecDeque<Call>,
}

impl Recorder {
    /// Numbers the call. This happens when the call completes, so that readers never miss a lower number.
    pub(crate) fn record(&self, call: Call) {
        let mut recorded = lock(&self.0);
        recorded.last_sequence += 1;
        let sequence = recorded.last_sequence;
        recorded.calls.push_back(Call { sequence, ..call });
        if recorded.calls.len() > CAPACITY {
            recorded.calls.pop_front();
        }
    }

    pub(crate) fn last_sequence(&self) -> u64 {
        lock(&self.0).last_sequence
    }

    pub(crate) fn since(&self, sequence: u64) -> Vec<Call> {
        lock(&self.0).calls.iter().filter(|call| call.sequence > sequence).cloned().collect()
    }

    /// Deletes the calls and returns how many there were. The numbers continue.
    pub(crate) fn clear(&self) -> usize {
        std::mem::take(&mut lock(&self.0).calls).len()
    }
}
