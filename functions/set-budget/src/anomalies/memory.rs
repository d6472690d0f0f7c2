//! What the process remembers from run to run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When cost anomalies were last found watched. That is about the organization and not about the account, and every
/// request to Cost Explorer is billed (<https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/>).
///
/// Only what is good is remembered: who puts it right sees so at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Mutex<Option<Instant>>>);

const GOOD_FOR: Duration = Duration::from_hours(1);

impl Memory {
    pub(crate) fn is_good_at(&self, now: Instant) -> bool {
        self.seen_at().is_some_and(|seen_at| now.saturating_duration_since(seen_at) < GOOD_FOR)
    }

    pub(crate) fn keep(&self, now: Instant) {
        *self.seen_at() = Some(now);
    }

    fn seen_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_good_is_good_for_an_hour() {
        let (memory, now) = (Memory::default(), Instant::now());
        assert!(!memory.is_good_at(now));
        memory.keep(now);
        assert!(memory.clone().is_good_at(now + Duration::from_mins(59)));
        assert!(!memory.is_good_at(now + GOOD_FOR));
    }
}
