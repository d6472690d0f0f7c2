//! The changes of a step, and which of them must be read back from AWS.

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Display;
use std::future::Future;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vending_core::{ErrorCode, StepError};

/// Makes the changes of a step, or of a part of it, and collects their names.
#[derive(Clone, Debug)]
pub struct Changes {
    run: Arc<Run>,
    /// Whether a change was made here that AWS has not confirmed.
    is_unconfirmed: Arc<AtomicBool>,
}

/// What all parts of the step share.
#[derive(Debug)]
struct Run {
    mode: Mode,
    names: Mutex<Vec<String>>,
    parts: Mutex<Parts>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    Apply,
    Plan,
    ReadBack,
}

/// The results of the parts by name. A part that must be read back has none.
type Parts = HashMap<String, Option<Box<dyn Any + Send>>>;

impl Changes {
    /// Changes are applied.
    pub fn apply() -> Self {
        Self::new(Mode::Apply, Parts::new())
    }

    /// Changes are only listed, not applied.
    pub fn plan() -> Self {
        Self::new(Mode::Plan, Parts::new())
    }

    /// Applies the changes of `converge`. If AWS has not confirmed all of them, runs `converge` again with changes that
    /// are only listed, and fails if there are any. Returns the last result and the names of the applied changes.
    pub async fn apply_and_read_back<T, W>(converge: impl Fn(Self) -> W) -> Result<(T, Vec<String>), StepError>
    where
        W: Future<Output = Result<T, StepError>>,
    {
        let applied = Self::apply();
        let mut converged = converge(applied.clone()).await?;
        if applied.is_unconfirmed() {
            let differences = Self::new(Mode::ReadBack, mem::take(&mut *applied.run.parts()));
            converged = converge(differences.clone()).await?;
            require_none(&differences.into_names())?;
        }
        Ok((converged, applied.into_names()))
    }

    fn new(mode: Mode, parts: Parts) -> Self {
        Self::in_run(Arc::new(Run { mode, names: Mutex::default(), parts: Mutex::new(parts) }))
    }

    fn in_run(run: Arc<Run>) -> Self {
        Self { run, is_unconfirmed: Arc::default() }
    }

    /// Runs a part of the step that can be read back alone. `name` is unique in the step.
    ///
    /// The read-back runs only parts with a change that AWS has not confirmed. All others return their first result
    /// again. So an error that the step only notes must be handled in the part.
    pub async fn part<T: Clone + Send + 'static>(
        &self,
        name: impl Into<String>,
        work: impl AsyncFnOnce(Self) -> Result<T, StepError>,
    ) -> Result<T, StepError> {
        let name = name.into();
        if self.reads_back()
            && let Some(result) = self.run.result_of(&name)
        {
            return Ok(result);
        }
        self.run.start(&name)?;
        let part = Self::in_run(Arc::clone(&self.run));
        // Boxed, so that the future of the caller stays small.
        let result = Box::pin(work(part.clone())).await;
        if part.is_unconfirmed() {
            self.is_unconfirmed.store(true, Ordering::Relaxed);
        } else if let Ok(result) = &result {
            self.run.parts().insert(name, Some(Box::new(result.clone())));
        }
        result
    }

    /// Makes a change that must be read back, or only lists it. A change that is only listed is dropped without being
    /// polled.
    pub fn make(
        &self,
        name: impl Display + Send,
        change: impl Future<Output = Result<(), StepError>> + Send,
    ) -> impl Future<Output = Result<(), StepError>> + Send {
        let made = self.make_confirmed(name, async { change.await.map(|()| None::<()>) });
        async { made.await.map(drop) }
    }

    /// Makes a change that AWS may confirm at once, or only lists it. If the response of AWS shows the new state,
    /// `change` returns it, and it is not read back. Returns `None` if the change is not confirmed or only listed.
    pub fn make_confirmed<T>(
        &self,
        name: impl Display + Send,
        change: impl Future<Output = Result<Option<T>, StepError>> + Send,
    ) -> impl Future<Output = Result<Option<T>, StepError>> + Send {
        // Boxed, so that the future of the caller stays small.
        let change = Box::pin(change);
        async move {
            let confirmed = if self.run.mode == Mode::Apply { change.await? } else { None };
            if confirmed.is_none() {
                self.is_unconfirmed.store(true, Ordering::Relaxed);
            }
            self.run.names().push(name.to_string());
            Ok(confirmed)
        }
    }

    /// Whether the changes of an earlier run are read back. A part can then read only what it has changed.
    pub fn reads_back(&self) -> bool {
        self.run.mode == Mode::ReadBack
    }

    fn is_unconfirmed(&self) -> bool {
        self.is_unconfirmed.load(Ordering::Relaxed)
    }

    /// The names of all changes of the run, in order.
    pub fn into_names(self) -> Vec<String> {
        mem::take(&mut *self.run.names())
    }
}

impl Run {
    /// The first result of a part, if all its changes are confirmed.
    fn result_of<T: Clone + 'static>(&self, part: &str) -> Option<T> {
        let parts = self.parts();
        parts.get(part)?.as_ref()?.downcast_ref().cloned()
    }

    fn start(&self, part: &str) -> Result<(), StepError> {
        let known = self.parts().insert(part.to_owned(), None);
        if known.is_some() && self.mode != Mode::ReadBack {
            // The second part would be read back with the result of the first.
            return Err(StepError::new(ErrorCode::Unexpected, format!("the step has two parts named {part}")));
        }
        Ok(())
    }

    fn names(&self) -> MutexGuard<'_, Vec<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn require_none(differences: &[String]) -> Result<(), StepError> {
    if differences.is_empty() {
        return Ok(());
    }
    let message = format!("changed, but not yet visible in AWS: {}", differences.join("; "));
    Err(StepError::new(ErrorCode::NotReady, message))
}

#[cfg(test)]
mod tests;
