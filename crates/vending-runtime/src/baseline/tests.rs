use std::sync::Mutex;

use serde_json::{Value, json};
use time::Duration;
use vending_core::samples;

use super::*;
use crate::serve::handle;

/// A thing in the account that is either there or not.
#[derive(Default)]
struct Thing {
    /// What each look at it sees; the last one for ever.
    seen: Mutex<Vec<bool>>,
    pending: bool,
}

impl BaselineStep for Thing {
    const NAME: &'static str = "Thing";
    type Account = ();
    type Result = Vec<String>;

    fn skip(&self, input: &BaselineInput) -> Option<String> {
        input.governed_regions.is_empty().then(|| "no region is governed".to_owned())
    }

    async fn enter(&self, _request: &RequestId, _input: &BaselineInput) -> Result<(), StepError> {
        Ok(())
    }

    async fn converge(
        &self,
        (): &(),
        _input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged<Vec<String>>, StepError> {
        if !self.look() {
            changes.make("put the thing", async { Ok(()) }).await?;
        }
        let converged = Converged::new("the thing is there").with_result(vec!["thing".to_owned()]).with_note("mind it");
        Ok(if self.pending { converged.pending() } else { converged })
    }
}

impl Thing {
    fn seen(looks: &[bool]) -> BaselineRunner<Self> {
        BaselineRunner(Self { seen: Mutex::new(looks.to_vec()), pending: false })
    }

    fn look(&self) -> bool {
        let mut seen = self.seen.lock().unwrap();
        if seen.len() > 1 { seen.remove(0) } else { seen[0] }
    }
}

fn payload(regions: &[&str], switched_off: &[&str]) -> Value {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let input = BaselineInput {
        governed_regions: names(regions),
        switched_off: names(switched_off),
        ..samples::baseline_input(Duration::ZERO)
    };
    json!({ "requestId": "abcdefghijklmnopqrst-1", "deadline": "2999-01-01T00:00:00Z", "input": input })
}

async fn run(runner: BaselineRunner<Thing>) -> Value {
    handle(&runner, payload(&["us-east-1"], &[])).await.unwrap()
}

#[tokio::test]
async fn what_was_made_is_read_back() {
    let report = run(Thing::seen(&[false, true])).await;
    assert_eq!(report["changed"], true);
    assert_eq!(report["detail"], "put the thing; mind it");
    assert_eq!(report["standing"], "DONE");
    assert_eq!(report["result"], json!(["thing"]));
    assert!(report["readBackAt"].is_string(), "{report}");
}

#[tokio::test]
async fn what_is_there_is_only_looked_at() {
    let report = run(Thing::seen(&[true])).await;
    assert_eq!(report["changed"], false);
    assert_eq!(report["detail"], "the thing is there; mind it");
}

#[tokio::test]
async fn what_does_not_show_yet_is_looked_for_again() {
    let runner = Thing::seen(&[false]);
    let failure = handle(&runner, payload(&["us-east-1"], &[])).await.unwrap_err();
    assert_eq!(failure.error_type, "NotReady");
    assert!(failure.error_message.contains("put the thing"), "{}", failure.error_message);
}

#[tokio::test]
async fn what_takes_its_time_is_pending() {
    let runner = BaselineRunner(Thing { seen: Mutex::new(vec![true]), pending: true });
    assert_eq!(run(runner).await["standing"], "PENDING");
}

#[tokio::test]
async fn a_step_is_skipped_by_itself_or_by_the_stack() {
    for (regions, switched_off, why) in [
        (&[][..], &[][..], "no region is governed"),
        (&["us-east-1"][..], &["Thing"][..], "the stack switches this step off in Sandbox"),
    ] {
        let report = handle(&Thing::seen(&[false]), payload(regions, switched_off)).await.unwrap();
        assert_eq!(report["standing"], "SKIPPED");
        assert_eq!(report["detail"], why);
        assert_eq!(report["changed"], false);
        assert_eq!(report.get("readBackAt"), None);
    }
}
