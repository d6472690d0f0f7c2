//! The reliability suite: everything that AWS is known to do to a vend, and what came of it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo_tools::{install_nextest, nextest};
use crate::cloud::Options;
use crate::command::run_shown;
use crate::functions::build_functions;
use crate::paths;
use crate::progress::say;
use crate::stack::Stack;
use crate::tools::{self, MINISTACK, MOTO, SAM};
use crate::up;

/// How many times as fast as real time things go in the suite; chaos goes faster.
const SPEED: u32 = 20;
const CHAOS_SPEED: u32 = 50;
/// The suite's own chaos is the same each time; `cargo xtask chaos` looks for new.
const SEED: &str = "1";

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Chaos {
    /// How many requests: about half of them new, the others duplicates, conflicts and nonsense.
    #[arg(long, default_value_t = 200)]
    requests: u32,
    /// In how many percent of the functions' calls something goes wrong.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=50))]
    faults: u32,
    /// Repeats the requests and the faults of an earlier run. Left out, one is picked and printed.
    #[arg(long)]
    seed: Option<u32>,
}

/// `reliability`: runs the suite and writes the document.
pub(crate) fn run() -> Result<()> {
    prepare()?;
    test(Sweep::Whole)?;
    up::down()?;
    let document = paths::root().join("docs/reliability.md");
    fs::write(&document, render()?).with_context(|| format!("write {}", document.display()))?;
    say(format_args!("What the run found is in {}", paths::shown(&document)));
    Ok(())
}

/// `chaos`: one long run of the wild part alone.
pub(crate) fn chaos(chaos: &Chaos) -> Result<()> {
    prepare()?;
    up::ensure_up(&options(CHAOS_SPEED))?;
    let mut nextest = suite();
    nextest.args(["--no-capture", "--filterset", "test(/^chaos::/)"]);
    nextest.env("CHAOS_REQUESTS", chaos.requests.to_string()).env("CHAOS_FAULTS", chaos.faults.to_string());
    if let Some(seed) = chaos.seed {
        nextest.env("CHAOS_SEED", seed.to_string());
    }
    run_shown(&mut nextest, "cargo nextest")?;
    say(format_args!("{:#}", finding("chaos")?));
    Ok(())
}

fn prepare() -> Result<()> {
    tools::install(&[MINISTACK, MOTO, SAM])?;
    install_nextest()?;
    build_functions()
}

fn options(speed: u32) -> Options {
    Options { strict: true, evaluate_iam: true, speed: Some(speed), ..Options::default() }
}

/// How much of the crash sweep is run.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Sweep {
    /// Faults that are answered alike share the calls.
    Shared,
    Whole,
}

/// Runs the suite and leaves the cloud up.
pub(crate) fn test(sweep: Sweep) -> Result<()> {
    up::ensure_up(&options(SPEED))?;
    // What roles were not seen to do is judged after the workflow tests.
    let mut nextest = suite();
    nextest.args(["--filterset", "not test(/^identity::no_function_may/)"]).env("CHAOS_SEED", SEED);
    if sweep == Sweep::Whole {
        nextest.env("WHOLE_CRASH_SWEEP", "1");
    }
    run_shown(&mut nextest, "cargo nextest")
}

/// What the roles of the functions were seen to do on the cloud that is up.
pub(crate) fn roles() -> Result<()> {
    run_shown(suite().args(["--filterset", "test(/^identity::/)"]), "cargo nextest")
}

fn suite() -> std::process::Command {
    let mut nextest = nextest();
    nextest.args(["--package", "account-vending-tests", "--test", "reliability", "--locked"]);
    nextest.args(["--profile", "reliability"]).env("ACCOUNT_VENDING_STACK", Stack::path());
    nextest
}

fn findings() -> PathBuf {
    paths::local().join("findings")
}

fn finding(name: &str) -> Result<Value> {
    let path = findings().join(format!("{name}.json"));
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}

const SWEEPS: [(&str, &str); 5] = [
    ("answer-lost", "The call takes effect, and its answer is lost"),
    ("cut-before", "The connection is cut before the call, four times in a row"),
    ("throttled", "The call is throttled, four times in a row"),
    ("server-error", "The service fails with 500, four times in a row"),
    ("function-killed", "The function is killed right after the call took effect"),
];

fn render() -> Result<String> {
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
        "\n## Chaos\n\nSomething wrong in {} % of the functions' calls, seed {}. {} requests were sent: {} were accepted, {} \
        refused as conflicts, {} as invalid. The accepted ones were {} different ones: {} ended as vended and {} as \
        failed, with cause and remedy, and {} accounts were asked for again when the faults were over. In the end every \
        accepted account was there once, and requests, executions, accounts, tags and records agreed.\n\n| Fault | Times \
        |\n|---|---|\n",
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
        "\n## {accounts} requests at once\n\nAWS takes a burst of 3 creations and then one in 10 seconds, five at a time. All \
        were vended; AWS took the last creation after {times:.2} times the least time that this allows. Calls that were \
        refused by a throttle, for each account:\n\n| Operation | Refused |\n|---|---|"
    )?;
    for refusal in found["refusals"].as_array().into_iter().flatten() {
        let each = refusal["refused"].as_f64().unwrap_or_default() / accounts;
        writeln!(document, "| `{}` | {each:.1} |", refusal["operation"].as_str().unwrap_or_default())?;
    }
    Ok(())
}

const INTRODUCTION: &str = "\
# Reliability

Written by `cargo xtask reliability`, which does to vends on the local cloud what AWS is known to do to them: the strict
proxy stands in front of the emulators, throttles, hides what is new, evaluates IAM and injects the faults. The failure
modes by number are in [ARCHITECTURE.md](../ARCHITECTURE.md#failure-modes).

## Crash sweep

One vend for each call that a vend with everything makes, with one fault at that call; of a kind of call, as each Region
sees it, for the first and the last. Afterwards there is one account for the request, in its OU, with the same roles,
recorders, settings, contacts, budget, assignments, tags and records as without the fault.

| Fault | Calls tried | Vended at once | Vended when repeated | Lost |
|---|---|---|---|---|
";
