//! The changes that a look at an account calls for: made, or only listed.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use vending_core::StepError;

/// Collects changes by name. The same code that makes them reads them back, with changes that are not made.
#[derive(Debug)]
pub struct Changes {
    makes: bool,
    names: Mutex<Vec<String>>,
}

impl Changes {
    /// Changes are made.
    pub fn to_make() -> Self {
        Self { makes: true, names: Mutex::default() }
    }

    /// Changes are named and not made: what a look alone would change.
    pub fn to_list() -> Self {
        Self { makes: false, ..Self::to_make() }
    }

    /// Makes one change, or only lists it: then `change` is dropped before it has done anything.
    pub async fn make(
        &self,
        name: impl Display + Send,
        change: impl Future<Output = Result<(), StepError>> + Send,
    ) -> Result<(), StepError> {
        if self.makes {
            change.await?;
        }
        self.names.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_string());
        Ok(())
    }

    /// The names of all changes, in the order in which they were made.
    pub fn into_list(self) -> Vec<String> {
        self.names.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    async fn was_made(changes: &Changes) -> bool {
        let made = AtomicBool::new(false);
        let change = async {
            made.store(true, Ordering::Relaxed);
            Ok(())
        };
        changes.make("a change", change).await.unwrap();
        made.into_inner()
    }

    #[tokio::test]
    async fn a_change_is_made_or_only_listed() {
        let (making, listing) = (Changes::to_make(), Changes::to_list());
        assert!(was_made(&making).await);
        assert!(!was_made(&listing).await);
        assert_eq!(making.into_list(), ["a change"]);
        assert_eq!(listing.into_list(), ["a change"]);
    }

    #[tokio::test]
    async fn a_change_that_failed_is_not_listed() {
        let changes = Changes::to_make();
        let failure = StepError::new(vending_core::ErrorCode::Throttled, "slow down");
        changes.make("a change", async { Err(failure) }).await.unwrap_err();
        assert!(changes.into_list().is_empty());
    }
}
