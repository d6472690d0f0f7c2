use vending_client::testing::Reply;

use crate::api::{REQUEST_ID, failed, in_progress, vended};
use crate::harness::{Vend, assert_shown};

/// Runs at the first look, and has ended at the second.
fn vend(end: fn() -> serde_json::Value) -> Vend {
    Vend::with(move |_, before| Some(Reply::ok(if before == 0 { in_progress() } else { end() })))
}

fn watch(format: &str) -> String {
    format!("watch {REQUEST_ID} --interval 1 --output {format}")
}

#[test]
fn request_is_followed_to_its_end() {
    assert_shown!(
        "watch",
        vend(vended).run(&watch("human")),
        vend(vended).run(&watch("json")),
        vend(vended).run(&watch("jsonl")),
    );
}

#[test]
fn failed_request_ends_with_1() {
    assert_shown!("watch-failed", vend(failed).run(&watch("human")), vend(failed).run(&watch("jsonl")));
}

#[test]
fn quiet_leaves_out_progress_but_no_data() {
    let run = vend(vended).run(&(watch("human") + " --quiet"));
    assert_eq!(run.stderr, "");
    assert!(run.stdout.starts_with(&format!("{REQUEST_ID}  VENDED\n")), "{}", run.stdout);
}

#[test]
fn status_of_a_later_version_is_an_end() {
    let vend = Vend::with(|_, _| {
        let mut view = vended();
        view["status"] = "REVOKED".into();
        Some(Reply::ok(view))
    });
    let run = vend.run(&watch("json"));
    assert_eq!((run.code, &run.json()["request"]["status"]), (Some(1), &"REVOKED".into()));
}
