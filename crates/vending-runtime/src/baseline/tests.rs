use std::sync::Mutex;

use serde_json::{Value, json};
use time::Duration;
use vending_core::fixtures;

use super::*;
use crate::serve::handle;

/// A resource in the account that exists or not.
#[derive(Default)]
struct TestResource {
    /// The result of each read. The last one is repeated.
    reads: Mutex<Vec<bool>>,
    pending: bool,
}

type Runner = BaselineRunner<TestResource, Unverified>;

/// The input as the payload has it.
struct Unverified;

impl VerifiedInput for Unverified {
    async fn verify(&self, _request: &RequestId, input: BaselineInput) -> Result<BaselineInput, StepError> {
        Ok(input)
    }
}

impl BaselineStep for TestResource {
    const NAME: &'static str = "TestResource";
    type Target = ();
    type Result = Vec<String>;

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        input.settings.governed_regions.is_empty().then(|| "no Region is governed".to_owned())
    }

    async fn open(&self, _request: &RequestId, _input: &BaselineInput) -> Result<(), StepError> {
        Ok(())
    }

    async fn converge(
        &self,
        (): &(),
        _input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged<Vec<String>>, StepError> {
        if !self.exists() {
            changes.make("created the resource", async { Ok(()) }).await?;
        }
        let converged = Converged::new("the resource exists").with_result(vec!["id".to_owned()]).with_note("a note");
        Ok(if self.pending { converged.pending() } else { converged })
    }
}

impl TestResource {
    fn with_reads(reads: &[bool]) -> Runner {
        Runner::new(Self { reads: Mutex::new(reads.to_vec()), pending: false }, Unverified)
    }

    fn exists(&self) -> bool {
        let mut reads = self.reads.lock().unwrap();
        if reads.len() > 1 { reads.remove(0) } else { reads[0] }
    }
}

fn payload(regions: &[&str], disabled_steps: &[&str]) -> Value {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let mut input = fixtures::baseline_input(Duration::ZERO);
    input.settings.governed_regions = names(regions);
    input.settings.disabled_steps = names(disabled_steps);
    json!({ "requestId": "abcdefghijklmnopqrst-1", "deadline": "2999-01-01T00:00:00Z", "input": input })
}

async fn run(runner: Runner) -> Value {
    handle(&runner, payload(&["us-east-1"], &[])).await.unwrap()
}

async fn report(runner: Runner) -> Value {
    run(runner).await["report"].take()
}

#[tokio::test]
async fn changes_are_read_back() {
    let output = run(TestResource::with_reads(&[false, true])).await;
    let report = &output["report"];
    assert_eq!(report["changed"], true);
    assert_eq!(report["detail"], "created the resource; a note");
    assert_eq!(report["status"], "SUCCEEDED");
    assert_eq!(output["result"], json!(["id"]));
    assert!(report["readBackAt"].is_string(), "{report}");
}

#[tokio::test]
async fn existing_resource_is_only_read() {
    let report = report(TestResource::with_reads(&[true])).await;
    assert_eq!(report["changed"], false);
    assert_eq!(report["detail"], "the resource exists; a note");
}

#[tokio::test]
async fn change_that_is_not_visible_is_not_ready() {
    let runner = TestResource::with_reads(&[false]);
    let failure = handle(&runner, payload(&["us-east-1"], &[])).await.unwrap_err();
    assert_eq!(failure.error_type, "NotReady");
    assert!(failure.error_message.contains("created the resource"), "{}", failure.error_message);
}

#[tokio::test]
async fn pending_step_is_reported_as_pending() {
    let runner = Runner::new(TestResource { reads: Mutex::new(vec![true]), pending: true }, Unverified);
    assert_eq!(report(runner).await["status"], "PENDING");
}

#[tokio::test]
async fn step_is_skipped_by_itself_or_by_the_settings() {
    for (regions, disabled_steps, why) in [
        (&[][..], &[][..], "no Region is governed"),
        (&["us-east-1"][..], &["TestResource"][..], "the settings leave out this step in Sandbox"),
    ] {
        let report =
            handle(&TestResource::with_reads(&[false]), payload(regions, disabled_steps)).await.unwrap()["report"]
                .take();
        assert_eq!(report["status"], "SKIPPED");
        assert_eq!(report["detail"], why);
        assert_eq!(report["changed"], false);
        assert_eq!(report.get("readBackAt"), None);
    }
}
