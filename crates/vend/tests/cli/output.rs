use std::io::Read;
use std::process::Stdio;

use vending_client::testing::Reply;

use crate::api::{REQUEST_ID, example, vended};
use crate::harness::Vend;

const GREEN: &str = "\u{1b}[32mVENDED";

fn vend() -> Vend {
    Vend::with(|_, _| Some(Reply::ok(vended())))
}

#[test]
fn color_follows_the_usual_variables() {
    let shown = |vend: Vend| vend.run(&format!("show {REQUEST_ID}")).stdout;
    assert!(!shown(vend()).contains('\u{1b}'));
    assert!(shown(vend().set("CLICOLOR_FORCE", "1")).contains(GREEN));
    assert!(!shown(vend().set("CLICOLOR_FORCE", "1").set("NO_COLOR", "1")).contains('\u{1b}'));
}

#[test]
fn state_is_also_a_word() {
    let colored = vend().set("CLICOLOR_FORCE", "1").run(&format!("show {REQUEST_ID}")).stdout;
    let plain = vend().run(&format!("show {REQUEST_ID}")).stdout;
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn machines_get_no_color() {
    let forced = vend().set("CLICOLOR_FORCE", "1").run(&format!("show {REQUEST_ID} --output json"));
    assert!(!forced.stdout.contains('\u{1b}'));
}

#[test]
fn retries_are_messages() {
    let vend = Vend::with(|_, before| {
        Some(match before {
            0 => Reply::Later(503, 0, example("get", "/requests/{requestId}", "503", "")),
            _ => Reply::ok(vended()),
        })
    });
    let run = vend.run(&format!("show {REQUEST_ID}"));
    assert_eq!(run.code, Some(0));
    assert!(
        run.stderr.starts_with("503: AWS throttles or is unavailable; send the same request again; trying again in ")
    );
}

#[test]
fn closed_pipe_is_quiet() {
    let vend = Vend::with(|_, _| Some(Reply::ok(example("get", "/accounts", "200", "page"))));
    let mut child = vend.command("list accounts").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    child.wait().unwrap();
    assert_eq!(stderr, "");
}

#[test]
fn response_cannot_control_the_terminal() {
    let vend = Vend::with(|_, _| {
        let mut view = vended();
        view["steps"][0]["detail"] = "moved\u{1b}[2J\u{7}".into();
        Some(Reply::ok(view))
    });
    let run = vend.set("CLICOLOR_FORCE", "1").run(&format!("show {REQUEST_ID}"));
    assert!(run.stdout.contains("moved [2J"), "{}", run.stdout);
}
