//! Runs cargo commands that compile, and shows how many crates are done and which are being compiled.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, IsTerminal, Read, stdout};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::progress::{Activity, say};

/// Programs and tests by their name, as cargo built them.
pub(crate) type Executables = BTreeMap<String, PathBuf>;

/// Runs a command that only compiles.
pub(crate) fn compile(cargo: &mut Command, label: &str) -> Result<()> {
    run(cargo, label).map(drop)
}

/// As [`compile`], and returns the paths of the programs as cargo reports them: a developer can set another target
/// folder.
pub(crate) fn executables(cargo: &mut Command, label: &str) -> Result<Executables> {
    let messages = run(cargo.arg("--message-format=json-render-diagnostics"), label)?;
    Ok(executables_in(&messages))
}

/// Returns the stdout of cargo. Its warnings and errors, on stderr, are printed.
fn run(cargo: &mut Command, label: &str) -> Result<String> {
    let activity = Activity::start(label);
    // By default, cargo shows its progress only on terminals.
    cargo.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "160");
    if stdout().is_terminal() {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start cargo for: {label}"))?;
    let (Some(mut output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
        bail!("cargo has no output");
    };
    let mut messages = String::new();
    thread::scope(|scope| {
        scope.spawn(|| relay(errors, &activity));
        output.read_to_string(&mut messages)
    })
    .context("read the output of cargo")?;
    let status = child.wait().context("wait for cargo")?;
    if !status.success() {
        bail!("{label}: {status}. The errors are above");
    }
    activity.done();
    Ok(messages)
}

/// Shows the progress of cargo as the detail of the activity, and prints warnings and errors.
fn relay(errors: impl Read, activity: &Activity) {
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    while errors.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // Cargo overwrites its progress with carriage returns.
        for part in String::from_utf8_lossy(&line).split(['\r', '\n']) {
            match Line::parse(part) {
                Line::Progress(progress) => activity.set_detail(progress),
                Line::Status => (),
                Line::Diagnostic => say(part),
            }
        }
        line.clear();
    }
}

#[derive(Debug, Eq, PartialEq)]
enum Line {
    Progress(String),
    /// A line for each crate, which the progress summarizes.
    Status,
    Diagnostic,
}

const STATUSES: [&str; 14] = [
    "Adding",
    "Building",
    "Checking",
    "Compiling",
    "Downloaded",
    "Downloading",
    "Executable",
    "Finished",
    "Fresh",
    "Installed",
    "Installing",
    "Locking",
    "Running",
    "Updating",
];

impl Line {
    fn parse(line: &str) -> Self {
        let plain = without_colors(line);
        let words = plain.trim_start();
        if words.is_empty() {
            return Self::Status;
        }
        if let Some(progress) = words.strip_prefix("Building [").and_then(progress) {
            return Self::Progress(progress);
        }
        // The progress of downloads.
        if words.starts_with("Fetch [") {
            return Self::Status;
        }
        let is_indented = plain.starts_with("  ");
        let status = words.split(' ').next().is_some_and(|word| STATUSES.contains(&word));
        if is_indented && status { Self::Status } else { Self::Diagnostic }
    }
}

/// `====>     ] 123/341: serde, time` as `123 of 341 crates, now serde, time`.
fn progress(bar: &str) -> Option<String> {
    let (_, counts) = bar.split_once("] ")?;
    let (counts, now) = counts.split_once(": ").unwrap_or((counts, ""));
    let (done, all) = counts.trim().trim_end_matches(':').split_once('/')?;
    let (done, all): (u32, u32) = (done.parse().ok()?, all.parse().ok()?);
    let now = now.trim();
    let separator = if now.is_empty() { "" } else { ", now " };
    Some(format!("{done} of {all} crates{separator}{now}"))
}

/// The line without terminal escape sequences.
fn without_colors(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        plain + &part[end..]
    })
}

#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn executables_in(messages: &str) -> Executables {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    messages.filter_map(|message| Some((message.target?.name, message.executable?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_read_from_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"create-account"},"executable":"/t/debug/create-account"}
{"reason":"build-finished","success":true}"#;
        let expected = [("create-account".to_owned(), PathBuf::from("/t/debug/create-account"))];
        assert_eq!(executables_in(messages), BTreeMap::from(expected));
    }

    #[test]
    fn progress_is_read_with_and_without_colors() {
        for line in [
            "    Building [====>                    ] 12/341: serde, time(build)      ",
            "\u{1b}[1m\u{1b}[96m    Building\u{1b}[0m [====>    ] 12/341: serde, time(build)",
        ] {
            let expected = "12 of 341 crates, now serde, time(build)".to_owned();
            assert_eq!(Line::parse(line), Line::Progress(expected), "{line}");
        }
    }

    #[test]
    fn only_diagnostics_are_printed() {
        for line in [
            "   Compiling serde v1.0.229",
            "    Finished `dev` profile in 1s",
            "       Fetch [====>  ] 399 complete; 12 pending",
            "\u{1b}[K",
            "",
        ] {
            assert_ne!(Line::parse(line), Line::Diagnostic, "{line:?}");
        }
        for line in [
            "error[E0308]: mismatched types",
            "  --> src/lib.rs:1:1",
            "1 | Compiling",
            "    Blocking waiting for file lock on build directory",
        ] {
            assert_eq!(Line::parse(line), Line::Diagnostic, "{line:?}");
        }
    }
}
