//! Waits for the local cloud.

use std::time::Duration;

#[expect(clippy::disallowed_methods, reason = "a test waits for the state machine, which does not call back")]
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
