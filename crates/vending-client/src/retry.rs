//! When and how often a call is repeated, and how fast calls follow each other.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The API allows 20 calls a second to all of its callers together.
const CALLS_PER_SECOND: u32 = 10;
/// A longer `Retry-After` is not waited for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(1);

/// How often a call is sent, and how long the client waits in between.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Including the first.
    pub attempts: u32,
    /// Doubles with each attempt; half of it is random.
    pub first_delay: Duration,
    pub longest_delay: Duration,
}

impl Default for RetryPolicy {
    /// About a minute in all.
    fn default() -> Self {
        Self { attempts: 8, first_delay: Duration::from_millis(500), longest_delay: Duration::from_secs(20) }
    }
}

/// A call that will be repeated, for a message.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Why, such as `503: AWS throttles`.
    pub reason: String,
    pub delay: Duration,
}

impl RetryPolicy {
    /// How long to wait after an attempt, counted from 1. `None` after the last, and if the API asks for too long.
    pub(crate) fn delay(&self, attempt: u32, retry_after: Option<Duration>, random: f64) -> Option<Duration> {
        if attempt >= self.attempts || retry_after.is_some_and(|delay| delay > LONGEST_RETRY_AFTER) {
            return None;
        }
        let doubled = self.first_delay.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(self.longest_delay);
        let jittered = doubled / 2 + (doubled / 2).mul_f64(random);
        // Everyone who was refused at the same time is told the same time.
        Some(retry_after.map_or(jittered, |at_least| at_least + jittered / 2))
    }
}

/// Keeps calls apart.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Waits for the turn of the next call.
    pub(crate) fn wait(&self) {
        let delay = self.next(Instant::now());
        pause(delay);
    }

    fn next(&self, now: Instant) -> Duration {
        let interval = Duration::from_secs(1) / CALLS_PER_SECOND;
        let mut free_from = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = free_from.map_or(now, |free_from| free_from.max(now));
        *free_from = Some(turn + interval);
        turn - now
    }
}

#[expect(clippy::disallowed_methods, reason = "a client waits; only functions must not")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(random: f64) -> Vec<u128> {
        let policy = RetryPolicy::default();
        let delay = |attempt| policy.delay(attempt, None, random).map(|delay| delay.as_millis());
        (1..=policy.attempts).map_while(delay).collect()
    }

    #[test]
    fn delays_double_up_to_a_limit() {
        assert_eq!(delays(1.0), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000]);
        assert_eq!(delays(0.0), [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    }

    #[test]
    fn retry_after_is_waited_for_at_least() {
        let policy = RetryPolicy::default();
        let after = |seconds| policy.delay(1, Some(Duration::from_secs(seconds)), 0.5);
        assert!(after(5).is_some_and(|delay| delay >= Duration::from_secs(5) && delay < Duration::from_secs(6)));
        assert_eq!(after(61), None);
    }

    #[test]
    fn calls_stay_below_the_rate_of_the_api() {
        let (pace, now) = (Pace::default(), Instant::now());
        let waits: Vec<u128> = (0..4).map(|_| pace.next(now).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200, 300]);
        assert_eq!(pace.next(now + Duration::from_secs(9)), Duration::ZERO);
    }
}
