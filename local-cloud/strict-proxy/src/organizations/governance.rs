//! What the organization has that moto lacks.

use std::time::Duration;

/// Empty until the organization is first needed, and again after it was deleted.
#[derive(Default)]
pub(super) struct Governance {
    pub(super) organization: Option<Known>,
}

/// The organization that exists.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) has_all_features: bool,
    /// Until then, AWS is still initializing it.
    pub(super) finalizes_at: Duration,
}
