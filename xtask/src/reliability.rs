//! `reliability` and `chaos`: run the reliability suite and render docs/reliability.md.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo_tools::{build_tests, cloud_tests, install_nextest};
use crate::cloud::Options;
use crate::command::run_shown;
use crate::paths;
use crate::progress::say;
use crate::up;

/// How many times as fast as real time the suite runs; chaos runs faster.
const SPEED: u32 = 20;
const CHAOS_SPEED: u32 = 50;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Chaos {
    /// The number of requests: about half of them are new, the others are duplicates, conflicts, or invalid.
    #[arg(long, default_value_t = 200)]
    requests: u32,
    /// The percentage of the functions' calls that get a fault.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=50))]
    faults: u32,
    /// Repeats the requests and the faults of an earlier run. By default, a seed is chosen and printed.
    #[arg(long)]
    seed: Option<u32>,
}

/// The chaos of the suite, with a fixed seed; `cargo xtask chaos` uses a new seed each time.
pub(crate) const SUITE_CHAOS: Chaos = Chaos { requests: 60, faults: 10, seed: Some(1) };

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Reliability {
    /// Try a share of the calls, without chaos, and do not write docs/reliability.md.
    #[arg(long)]
    pub(crate) short: bool,
}

/// Runs the suite and writes the document.
pub(crate) fn run(reliability: Reliability) -> Result<()> {
    prepare()?;
    up::ensure_up(&options(SPEED))?;
    // Unused permissions are checked after the workflow tests, and chaos has its own, faster local cloud.
    let mut nextest = suite("not test(/^identity::no_role_has|^chaos::/)");
    if !reliability.short {
        nextest.env("WHOLE_CRASH_SWEEP", "1");
    }
    up::then_down(run_shown(&mut nextest, "cargo nextest"))?;
    if !reliability.short {
        up::then_down(chaos(&SUITE_CHAOS))?;
        let document = paths::root().join("docs/reliability.md");
        fs::write(&document, render()?).with_context(|| format!("write {}", document.display()))?;
        say(format_args!("The results are in {}", paths::shown(&document)));
    }
    Ok(())
}

/// Runs only chaos, and prints its results.
pub(crate) fn chaos(chaos: &Chaos) -> Result<()> {
    prepare()?;
    up::ensure_up(&options(CHAOS_SPEED))?;
    let mut nextest = suite("test(/^chaos::/)");
    nextest.arg("--no-capture");
    nextest.env("CHAOS_REQUESTS", chaos.requests.to_string()).env("CHAOS_FAULTS", chaos.faults.to_string());
    if let Some(seed) = chaos.seed {
        nextest.env("CHAOS_SEED", seed.to_string());
    }
    run_shown(&mut nextest, "cargo nextest")?;
    say(format_args!("{:#}", finding("chaos")?));
    Ok(())
}

fn prepare() -> Result<()> {
    install_nextest()?;
    up::prepare()?;
    build_tests()
}

fn options(speed: u32) -> Options {
    Options { strict: true, evaluate_iam: true, speed: Some(speed), ..Options::default() }
}

/// Checks the permissions of the functions on the running local cloud.
pub(crate) fn roles() -> Result<()> {
    run_shown(&mut suite("test(/^identity::/)"), "cargo nextest")
}

fn suite(filter: &str) -> Command {
    cloud_tests("reliability", "reliability", filter)
}

fn findings() -> PathBuf {
    paths::local().join("findings")
}

fn finding(name: &str) -> Result<Value> {
    let path = findings().join(format!("{name}.json"));
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not valid JSON", path.display()))
}

const SWEEPS: [(&str, &str); 5] = [
    ("response-lost", "The call takes effect, and its response is lost"),
    ("cut-before", "The connection is cut before the call, four times in a row"),
    ("throttled", "The call is throttled, four times in a row"),
    ("server-error", "The service returns 500, four times in a row"),
    ("function-killed", "The function is killed after the call took effect"),
];

/// Renders the document from the results of the last runs of the suite and of chaos.
pub(crate) fn render() -> Result<String> {
    let mut document = INTRODUCTION.to_owned();
    for (name, fault) in SWEEPS {
        let found = finding(&format!("crash-sweep-{name}"))?;
        let count = |name: &str| found[name].as_u64().with_context(|| format!("{name} of {fault}"));
        let (calls, at_once, repeated) = (count("calls")?, count("vendedAtOnce")?, count("vendedWhenRepeated")?);
        writeln!(document, "| {fault} | {calls} | {at_once} | {repeated} | {} |", calls - at_once - repeated)?;
    }
    render_chaos(&mut document, &finding("chaos")?)?;
    render_batch(&mut document, &finding("batch")?)?;
    Ok(document)
}

fn render_chaos(document: &mut String, found: &Value) -> Result<()> {
    let count = |name: &str| found[name].as_u64().with_context(|| format!("{name} of the chaos"));
    let (vended, failed) = (count("vended")?, count("failed")?);
    write!(
        document,
        "\n## Chaos\n\n{}% of the functions' calls got a fault (seed {}). {} requests were sent: {} were accepted, \
        {} were rejected as conflicts, and {} as invalid. The accepted requests were {} different ones: {} were \
        vended, and {} failed with a cause and a remedy. After the faults ended, {} accounts were requested again. \
        In the end, every accepted account existed once, and requests, executions, accounts, tags, and records \
        agreed.\n\n| Fault | Times |\n|---|---|\n",
        found["faultPercent"],
        found["seed"],
        found["requests"],
        found["accepted"],
        found["conflicts"],
        found["invalid"],
        vended + failed,
        vended,
        failed,
        found["accountsRepeated"],
    )?;
    let faults: BTreeMap<String, u32> = serde_json::from_value(found["faults"].clone()).context("the faults")?;
    for (fault, times) in faults {
        writeln!(document, "| {fault} | {times} |")?;
    }
    Ok(())
}

fn render_batch(document: &mut String, found: &Value) -> Result<()> {
    let accounts = found["accounts"].as_f64().context("the number of accounts")?;
    let times = found["times"].as_f64().context("the time it took")?;
    writeln!(
        document,
        "\n## {accounts} requests at once\n\nAWS accepts a burst of 3 creations, then one every 10 seconds, and five \
        at a time. All requests were vended; AWS accepted the last creation after {times:.2} times the minimum time. \
        Throttled calls for each account:\n\n| Operation | Throttled calls |\n|---|---|"
    )?;
    for throttled in found["throttled"].as_array().into_iter().flatten() {
        let each = throttled["calls"].as_f64().unwrap_or_default() / accounts;
        writeln!(document, "| `{}` | {each:.1} |", throttled["operation"].as_str().unwrap_or_default())?;
    }
    Ok(())
}

const INTRODUCTION: &str = "\
# Reliability

Written by `cargo xtask reliability`, which injects the failures that are known from AWS into vends on the local cloud:
the strict proxy in front of the emulators throttles, hides new resources, evaluates IAM, and injects the faults. The
failure modes are listed in [Failure modes](src/architecture/failure-modes.md).

## Crash sweep

One vend for each call of a full vend, with a fault at that call. For each kind of call, the first and the last call get
the fault. Afterwards, there is one account for the request, in its OU, with the same roles, recorders, settings,
contacts, budget, assignments, tags, and records as without the fault.

| Fault | Calls tried | Vended at once | Vended when repeated | Lost |
|---|---|---|---|---|
";
