//! Whatever ends `vend`, the request is not lost, and the same command again joins it.

use std::process::Child;
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use vending_client::testing::{Received, Reply};

use crate::api::{REQUEST_ID, in_progress, plan};
use crate::harness::Vend;

const REQUEST: &str = "request --name payments-dev --ou Sandbox --yes";

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn interrupted_watch_says_how_to_go_on() {
    let vend = Vend::with(|_, _| Some(Reply::ok(in_progress())));
    let arguments = format!("watch {REQUEST_ID} --interval 60");
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let before = vend.calls().len();
        let child = vend.start(&arguments);
        assert!(vend.api.has_received(before + 1));
        signal(&child, sent);
        let run = vend.finish(&arguments, child);
        assert_eq!(run.code, Some(code));
        let hint = format!("\ninterrupted; the request goes on; follow it with: vend watch {REQUEST_ID}\n");
        assert!(run.stderr.ends_with(&hint), "{}", run.stderr);
        assert!(!run.stdout.contains("interrupted"));
    }
}

#[test]
fn interruption_before_the_request_says_so() {
    let vend = Vend::with(|_, _| Some(Reply::Silence));
    let child = vend.start(REQUEST);
    assert!(vend.api.has_received(1));
    signal(&child, Signal::INT);
    let run = vend.finish(REQUEST, child);
    assert_eq!((run.code, run.stderr.as_str()), (Some(130), "\ninterrupted; nothing was sent\n"));
}

#[test]
fn interruption_of_the_request_says_how_to_join_it() {
    let vend = Vend::with(|line, _| match line {
        "POST /accounts/plan" => Some(Reply::ok(plan("CREATE"))),
        _ => Some(Reply::Silence),
    });
    let child = vend.start(REQUEST);
    assert!(vend.api.has_received(2));
    signal(&child, Signal::INT);
    let run = vend.finish(REQUEST, child);
    assert_eq!(run.code, Some(130));
    assert!(run.stderr.ends_with("may have been sent; the same command again joins it\n"), "{}", run.stderr);
}

/// What the API does with requests: one attempt for each content, whatever its idempotency key, and the next one only
/// after a failure.
#[derive(Default)]
struct Attempts {
    started: Vec<String>,
    has_failed: bool,
}

impl Attempts {
    fn submit(&mut self, body: &str) -> String {
        if self.has_failed || self.started.is_empty() {
            self.has_failed = false;
            self.started.push(body.to_owned());
        }
        assert_eq!(self.started.last().unwrap(), body, "the same command sends the same content");
        format!("nsitwn5ke2shymhizrnj-{}", self.started.len())
    }

    fn plan(&self) -> serde_json::Value {
        plan(match self.started.len() {
            0 => "CREATE",
            _ if self.has_failed => "RESUME",
            _ => "WAIT",
        })
    }
}

/// An API that does not respond to the first call of this line.
fn api(silent: &'static str) -> (Vend, Arc<Mutex<Attempts>>) {
    let attempts = Arc::new(Mutex::new(Attempts::default()));
    let shared = Arc::clone(&attempts);
    let vend = Vend::with_calls(move |call: &Received, before| {
        let mut attempts = shared.lock().unwrap();
        let reply = match call.line.as_str() {
            "POST /v1/accounts/plan" => Reply::ok(attempts.plan()),
            "POST /v1/accounts" => Reply::accepted(&attempts.submit(&call.body)),
            _ => return None,
        };
        Some(if call.line == silent && before == 0 { Reply::Silence } else { reply })
    });
    (vend, attempts)
}

#[test]
fn killed_command_joins_its_request_again() {
    // Killed while it waits for the plan, for the response to its request, and not at all.
    for (silent, calls) in [("POST /v1/accounts/plan", 1), ("POST /v1/accounts", 2), ("", 0)] {
        let (vend, attempts) = api(silent);
        let mut child = vend.start(REQUEST);
        if calls > 0 {
            assert!(vend.api.has_received(calls));
            child.kill().unwrap();
        }
        child.wait().unwrap();
        let arguments = format!("{REQUEST} --output json");
        let again = vend.run(&arguments);
        assert_eq!((again.code, &again.json()["requestId"]), (Some(0), &REQUEST_ID.into()), "{}", again.stderr);
        assert_eq!(attempts.lock().unwrap().started.len(), 1, "{silent}");
    }
}

#[test]
fn command_after_a_failure_is_the_next_attempt() {
    let (vend, attempts) = api("");
    assert_eq!(vend.run(REQUEST).code, Some(0));
    attempts.lock().unwrap().has_failed = true;
    let next = vend.run(&format!("{REQUEST} --output json"));
    assert_eq!(next.json()["requestId"], "nsitwn5ke2shymhizrnj-2");
    // A key that is derived from the content would have returned the response of the first attempt.
    let keys: Vec<_> =
        vend.api.calls().iter().filter_map(|call| call.headers.get("idempotency-key").cloned()).collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}
