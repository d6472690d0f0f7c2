use std::sync::atomic::AtomicUsize;

use super::*;

async fn was_applied(changes: &Changes) -> bool {
    let applied = AtomicBool::new(false);
    let change = async {
        applied.store(true, Ordering::Relaxed);
        Ok(())
    };
    changes.make("a change", change).await.unwrap();
    applied.into_inner()
}

#[tokio::test]
async fn change_is_applied_or_only_listed() {
    let (applying, planning) = (Changes::apply(), Changes::plan());
    assert!(was_applied(&applying).await);
    assert!(!was_applied(&planning).await);
    assert_eq!(applying.into_names(), ["a change"]);
    assert_eq!(planning.into_names(), ["a change"]);
}

#[tokio::test]
async fn failed_change_is_not_listed() {
    let changes = Changes::apply();
    changes.make("a change", async { Err(failure()) }).await.unwrap_err();
    assert!(changes.into_names().is_empty());
}

#[tokio::test]
async fn planned_change_has_no_new_state() {
    let made = Changes::apply().make_confirmed("a change", async { Ok(Some("new")) }).await;
    let planned = Changes::plan().make_confirmed("a change", async { Ok(Some("new")) }).await;
    assert_eq!((made.unwrap(), planned.unwrap()), (Some("new"), None));
}

fn failure() -> StepError {
    StepError::new(ErrorCode::Throttled, "slow down")
}

/// A resource of the tests. AWS shows a change of it in the next read.
#[derive(Clone, Copy)]
enum Kind {
    UpToDate,
    /// AWS confirms its change.
    Confirmed,
    /// AWS does not confirm its change.
    Unconfirmed,
    /// Its change is made, and then a call fails.
    Failing,
}

struct Resource {
    name: &'static str,
    kind: Kind,
    reads: AtomicUsize,
}

impl Resource {
    fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, reads: AtomicUsize::new(0) }
    }

    /// Returns the number of the read, so that a test sees which result it gets.
    async fn converge(&self, changes: &Changes) -> Result<usize, StepError> {
        let read = self.reads.fetch_add(1, Ordering::Relaxed) + 1;
        // Parts of other resources run in between.
        tokio::task::yield_now().await;
        match self.kind {
            Kind::Confirmed if read == 1 => {
                changes.make_confirmed(self.name, async { Ok(Some(())) }).await?;
            }
            Kind::Unconfirmed if read == 1 => changes.make(self.name, async { Ok(()) }).await?,
            Kind::Failing if read == 1 => {
                changes.make(self.name, async { Ok(()) }).await?;
                return Err(failure());
            }
            _ => {}
        }
        Ok(read)
    }

    async fn part(&self, changes: &Changes) -> Result<usize, StepError> {
        changes.part(self.name, async |changes| self.converge(&changes).await).await
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn only_unconfirmed_changes_are_read_back() {
    for (kind, reads, changes) in
        [(Kind::UpToDate, 1, &[][..]), (Kind::Confirmed, 1, &["a"]), (Kind::Unconfirmed, 2, &["a"])]
    {
        let resource = &Resource::new("a", kind);
        let converge = |changes| async move { resource.converge(&changes).await };
        let (read, names) = Changes::apply_and_read_back(converge).await.unwrap();
        assert_eq!((read, resource.reads()), (reads, reads));
        assert_eq!(names, changes);
    }
}

#[tokio::test]
async fn only_parts_with_unconfirmed_changes_run_again() {
    let resources = &[
        Resource::new("a", Kind::UpToDate),
        Resource::new("b", Kind::Confirmed),
        Resource::new("c", Kind::Unconfirmed),
        Resource::new("d", Kind::UpToDate),
    ];
    let converge = |changes: Changes| async move {
        let [a, b, c, d] = resources.each_ref().map(|resource| resource.part(&changes));
        let (a, b, c, d) = tokio::join!(a, b, c, d);
        Ok([a?, b?, c?, d?])
    };
    let (results, names) = Changes::apply_and_read_back(converge).await.unwrap();
    assert_eq!(results, [1, 1, 2, 1]);
    assert_eq!(resources.each_ref().map(Resource::reads), results);
    assert_eq!(names, ["b", "c"]);
}

#[tokio::test]
async fn part_of_a_part_is_read_back_alone() {
    let (unchanged, changed) = (&Resource::new("a", Kind::UpToDate), &Resource::new("b", Kind::Unconfirmed));
    let both = |changes: Changes| async move { Ok((unchanged.part(&changes).await?, changed.part(&changes).await?)) };
    let converge = |changes: Changes| async move { changes.part("both", both).await };
    let (results, _) = Changes::apply_and_read_back(converge).await.unwrap();
    assert_eq!(results, (1, 2));
    assert_eq!((unchanged.reads(), changed.reads()), (1, 2));
}

#[tokio::test]
async fn change_of_a_failed_part_is_read_back() {
    let resource = &Resource::new("a", Kind::Failing);
    let converge = |changes: Changes| async move { Ok(resource.part(&changes).await.is_ok()) };
    let (succeeded, names) = Changes::apply_and_read_back(converge).await.unwrap();
    assert!(succeeded);
    assert_eq!(resource.reads(), 2);
    assert_eq!(names, ["a"]);
}

#[tokio::test]
async fn change_that_stays_invisible_is_not_ready() {
    let converge = |changes: Changes| async move { changes.make("a change", async { Ok(()) }).await };
    let error = Changes::apply_and_read_back(converge).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotReady);
    assert_eq!(error.to_string(), "changed, but not yet visible in AWS: a change");
}

#[tokio::test]
async fn part_knows_whether_it_is_read_back() {
    let runs = &Mutex::new(Vec::new());
    let converge = |changes: Changes| async move {
        runs.lock().unwrap().push(changes.reads_back());
        if changes.reads_back() { Ok(()) } else { changes.make("a change", async { Ok(()) }).await }
    };
    Changes::apply_and_read_back(converge).await.unwrap();
    assert_eq!(*runs.lock().unwrap(), [false, true]);
    assert!(!Changes::plan().reads_back());
}

#[tokio::test]
async fn second_part_of_the_same_name_is_an_error() {
    let (first, second) = (Resource::new("a", Kind::UpToDate), Resource::new("a", Kind::UpToDate));
    for changes in [Changes::apply(), Changes::plan()] {
        first.part(&changes).await.unwrap();
        let error = second.part(&changes).await.unwrap_err();
        assert_eq!(error.to_string(), "the step has two parts named a");
    }
    assert_eq!(second.reads(), 0);
}
