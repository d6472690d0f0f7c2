//! The administrator's detectors, as far as this process has found them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Their ids by region. They belong to the security account and not to the one that is vended: a later run need not
/// look for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Detectors(Arc<Mutex<BTreeMap<String, String>>>);

impl Detectors {
    pub(crate) fn of(&self, region: &str) -> Option<String> {
        self.ids().get(region).cloned()
    }

    pub(crate) fn keep(&self, region: &str, id: &str) {
        self.ids().insert(region.to_owned(), id.to_owned());
    }

    pub(crate) fn forget(&self, region: &str) {
        self.ids().remove(region);
    }

    fn ids(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
