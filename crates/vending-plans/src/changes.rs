//! The changes of a function, which are listed in a plan and made in a run.

use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use vending_core::{ErrorCode, OrganizationChange, PlanBlocker, PlanMode, PlanNote, StepError};

/// Lists the changes of a function, or makes those that the run may make.
#[derive(Clone, Debug)]
pub struct PlannedChanges(Arc<State>);

#[derive(Debug)]
struct State {
    function: &'static str,
    execution: PlanMode,
    /// The changes that may be made; `None` if all are only listed.
    permitted: Option<Vec<OrganizationChange>>,
    found: Mutex<Found>,
}

/// What a function found, in order.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) changes: Vec<OrganizationChange>,
    pub(crate) blockers: Vec<PlanBlocker>,
    pub(crate) not_managed: Vec<String>,
    pub(crate) notes: Vec<PlanNote>,
}

impl PlannedChanges {
    /// Changes are only listed. `execution` says whether this is a plan or a run.
    pub(crate) fn list(function: &'static str, execution: PlanMode) -> Self {
        Self::new(function, execution, None)
    }

    /// Changes are made if they are among these.
    pub(crate) fn make_only(function: &'static str, permitted: Vec<OrganizationChange>) -> Self {
        Self::new(function, PlanMode::Apply, Some(permitted))
    }

    fn new(function: &'static str, execution: PlanMode, permitted: Option<Vec<OrganizationChange>>) -> Self {
        Self(Arc::new(State { function, execution, permitted, found: Mutex::default() }))
    }

    /// Whether this is a plan. What other functions of a run create does not exist then.
    pub fn is_plan(&self) -> bool {
        self.0.execution == PlanMode::Plan
    }

    /// What another function makes before this one. In a plan, it may not exist yet. In a run it does, so that AWS shows
    /// it sooner or later; until then, the error is retryable. `what` completes "AWS does not show …".
    pub fn made_before<T>(&self, found: Option<T>, what: &str) -> Result<Option<T>, StepError> {
        match found {
            None if !self.is_plan() => {
                Err(StepError::new(ErrorCode::NotReady, format!("AWS does not show {what} yet")))
            }
            found => Ok(found),
        }
    }

    /// A plain change of this function.
    pub fn change(
        &self,
        target: impl Into<String>,
        field: impl Into<String>,
        from: Value,
        to: Value,
    ) -> OrganizationChange {
        OrganizationChange::new(self.0.function, target, field, from, to)
    }

    /// Makes a change and returns its result, or lists the change and returns `None`. A change that is only listed is
    /// dropped without being polled.
    pub async fn make<T>(
        &self,
        change: OrganizationChange,
        work: impl Future<Output = Result<T, StepError>> + Send,
    ) -> Result<Option<T>, StepError> {
        self.make_all(vec![change], work).await
    }

    /// Makes several changes by one call to AWS. Without any, nothing is done.
    pub async fn make_all<T>(
        &self,
        changes: Vec<OrganizationChange>,
        work: impl Future<Output = Result<T, StepError>> + Send,
    ) -> Result<Option<T>, StepError> {
        let is_made = match &self.0.permitted {
            Some(permitted) => {
                require_permitted(&changes, permitted)?;
                !changes.is_empty()
            }
            None => false,
        };
        // Boxed, so that the future of the caller stays small.
        let work = Box::pin(work);
        let result = if is_made { Some(work.await?) } else { None };
        self.found().changes.extend(changes);
        Ok(result)
    }

    /// Adds what prevents the manifest from being applied.
    pub fn block(&self, blocker: PlanBlocker) {
        self.found().blockers.push(blocker);
    }

    /// Adds the JSON pointers of what is in the manifest, but not applied yet.
    pub fn not_managed(&self, pointers: Vec<String>) {
        self.found().not_managed.extend(pointers);
    }

    /// Adds what people should know, or what only they can do. `link` says where.
    pub fn note(&self, message: impl Into<String>, link: Option<&str>) {
        self.found().notes.push(PlanNote { message: message.into(), link: link.map(str::to_owned) });
    }

    pub(crate) fn into_found(self) -> Found {
        mem::take(&mut *self.found())
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.0.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rejects a change that is not in the plan, and a guarded change that the run does not allow.
pub(crate) fn require_permitted(
    changes: &[OrganizationChange],
    permitted: &[OrganizationChange],
) -> Result<(), StepError> {
    let is_permitted =
        |change: &OrganizationChange| permitted.iter().any(|one| one.is_same(change) && one.class >= change.class);
    match changes.iter().find(|change| !is_permitted(change)) {
        Some(change) => Err(StepError::new(ErrorCode::PlanOutdated, not_permitted(change))),
        None => Ok(()),
    }
}

/// Names the field only: values can be contacts.
fn not_permitted(change: &OrganizationChange) -> String {
    let OrganizationChange { target, field, .. } = change;
    let how = if change.is_guarded() {
        "the plan does not list, or the run does not allow"
    } else {
        "the plan does not list"
    };
    format!("the run would change `{field}` of {target} in a way that {how}")
}
