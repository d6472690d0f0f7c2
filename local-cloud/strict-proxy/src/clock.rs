//! The clock of the proxy. Buckets refill, creations complete, and delays end at its speed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// The time since the clock was created.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Time>);

#[derive(Debug)]
enum Time {
    Running {
        since: Instant,
        speed: u32,
    },
    /// Advances only when a test calls [`Clock::advance`].
    Manual(watch::Sender<Duration>),
}

impl Clock {
    /// Creates a clock that runs `speed` times as fast as real time.
    pub fn running(speed: u32) -> Self {
        Self(Arc::new(Time::Running { since: Instant::now(), speed: speed.max(1) }))
    }

    pub fn manual() -> Self {
        Self(Arc::new(Time::Manual(watch::Sender::new(Duration::ZERO))))
    }

    /// Advances a manual clock. A running clock ignores the call.
    pub fn advance(&self, by: Duration) {
        if let Time::Manual(now) = &*self.0 {
            now.send_modify(|now| *now = now.saturating_add(by));
        }
    }

    pub fn now(&self) -> Duration {
        match &*self.0 {
            Time::Running { since, speed } => since.elapsed().saturating_mul(*speed),
            Time::Manual(now) => *now.borrow(),
        }
    }

    /// Returns 0 for a manual clock.
    pub(crate) fn speed(&self) -> u32 {
        match &*self.0 {
            Time::Running { speed, .. } => *speed,
            Time::Manual(_) => 0,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the proxy delays calls")]
    pub(crate) async fn sleep(&self, duration: Duration) {
        match &*self.0 {
            Time::Running { speed, .. } => tokio::time::sleep(duration / *speed).await,
            Time::Manual(now) => {
                let until = self.now().saturating_add(duration);
                // `wait_for` fails only when the sender is dropped, and this clock holds it.
                drop(now.subscribe().wait_for(|now| *now >= until).await);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_clock_is_ahead_of_real_time() {
        let world = Instant::now();
        let clock = Clock::running(1000);
        std::thread::yield_now();
        while world.elapsed() < Duration::from_millis(5) {}
        assert!(clock.now() >= Duration::from_secs(4));
    }

    #[tokio::test]
    async fn manual_clock_wakes_sleepers_when_advanced() {
        let clock = Clock::manual();
        let sleeper = clock.clone();
        let sleep = tokio::spawn(async move { sleeper.sleep(Duration::from_mins(1)).await });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleep.is_finished());
        clock.advance(Duration::from_secs(1));
        sleep.await.unwrap();
    }
}
