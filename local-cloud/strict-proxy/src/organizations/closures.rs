//! The closures that count towards the quota.

use std::time::Duration;

use local_cloud::strict::Closures;

const QUOTA_PERIOD: Duration = Duration::from_hours(30 * 24);

#[derive(Default)]
pub(super) struct Closing {
    pub(super) settings: Closures,
    /// The start times of the closures in the quota period.
    started: Vec<Duration>,
}

impl Closing {
    pub(super) fn start(&mut self, now: Duration) {
        self.started.push(now);
    }

    /// For a deleted organization. Keeps the settings.
    pub(super) fn forget_all(&mut self) {
        self.started.clear();
    }

    /// Returns how many closures have started within the quota period.
    pub(super) fn started_recently(&mut self, now: Duration) -> usize {
        self.started.retain(|started| now.saturating_sub(*started) < QUOTA_PERIOD);
        self.started.len()
    }
}
