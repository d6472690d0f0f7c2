//! Locks state that several tasks share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Ignores poisoning: a panic in one task must not stop the proxy.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
