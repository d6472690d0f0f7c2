//! Waits for the local cloud.

use std::time::{Duration, Instant};

/// How long a test waits for what the local cloud does by itself. It ends a test that hangs, and expects nothing of the
/// speed of the machine.
const LIMIT: Duration = Duration::from_mins(10);

/// The intervals grow, because many tests wait at once, and each look costs the local cloud as much as a step.
const FIRST_INTERVAL: Duration = Duration::from_millis(100);
const LAST_INTERVAL: Duration = Duration::from_secs(2);

/// Repeats a look until it finds something. `what` says what the test waits for.
pub async fn wait_for<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    let mut interval = FIRST_INTERVAL;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "waited {LIMIT:?} for {what}");
        pause(interval).await;
        interval = interval.mul_f64(1.2).min(LAST_INTERVAL);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test waits for the state machine, which does not call back")]
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
