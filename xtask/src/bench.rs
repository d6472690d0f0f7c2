//! `bench`: what each function weighs: its binary, its start, its memory over real vends.
//!
//! Figures of a shared machine: sizes are exact, times are medians of one run and mean something beside each other.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::aws::Client;
use crate::cloud::Options;
use crate::demo;
use crate::functions::{build_functions, function_names};
use crate::paths;
use crate::progress::say;
use crate::tools::{self, MINISTACK, MOTO, SAM};
use crate::up;

const STARTS: usize = 11;
const START_LIMIT: Duration = Duration::from_secs(10);
/// What the functions refuse to start without; nothing is called with it.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("ALLOWED_ORGANIZATIONAL_UNITS", "*"),
    ("ANSWER_STATE_MACHINE_ARN", "arn:aws:states:us-east-1:123456789012:stateMachine:bench"),
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("CONFIG_BUCKET_NAME", "bench"),
    ("EMAIL_PATTERN", "aws+{accountName}@example.com"),
    ("ENGINEER_ROLE_NAME", "Engineer"),
    ("EVENT_BUS_NAME", "default"),
    ("FUNCTION_ROLES", "arn:aws:iam::123456789012:role/account-vending/bench/*"),
    ("GOVERNED_REGIONS", "us-east-1"),
    ("MANAGEMENT_ACCOUNT_ID", "123456789012"),
    ("ORGANIZATION_ACCESS_ROLE_NAME", "OrganizationAccountAccessRole"),
    ("ORGANIZATION_TRAIL_NAME", "organization-trail"),
    ("OUTCOME_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:bench"),
    ("RECORDS_BUCKET", "bench"),
    ("REQUESTER_ARN", "arn:aws:lambda:us-east-1:123456789012:function:bench-adopt-account"),
    ("STACK_NAME", "bench"),
    ("STATE_MACHINE_ARN", "arn:aws:states:us-east-1:123456789012:stateMachine:bench"),
];

pub(crate) fn run() -> Result<()> {
    tools::install(&[MINISTACK, MOTO, SAM])?;
    build_functions()?;
    let functions = function_names()?;
    let starts = functions.iter().map(|name| starts(name)).collect::<Result<Vec<_>>>()?;
    let stack = up::ensure_up(&Options::default())?;
    demo::vend_anew(&stack)?;
    // Nothing calls it in a vend that goes well.
    let sweep = format!("{}-sweep-requests", stack.stack_name);
    Client::new(&stack.platform_endpoint).invoke(&sweep, &json!({ "detail-type": "Scheduled Event", "detail": {} }))?;
    let peaks = peak_memory(stack.pids.get("ministack").copied())?;
    say("");
    say(format_args!(
        "{:<24} {:>10} {:>12} {:>18} {:>14}",
        "function", "binary MB", "start ms", "(min-max)", "peak memory MB"
    ));
    for (name, starts) in functions.iter().zip(starts) {
        let peak = peaks.get(name).map_or("-".to_owned(), |kib| format!("{:.1}", f64::from(*kib) / 1024.0));
        let size = fs::metadata(bootstrap(name)).context("a built function")?.len();
        let (median, least, most) = (starts[starts.len() / 2], starts[0], starts[starts.len() - 1]);
        let range = format!("({:.0}-{:.0})", millis(least), millis(most));
        let size = format!("{}.{}", size / 1_000_000, size / 100_000 % 10);
        say(format_args!("{name:<24} {size:>10} {:>12.1} {range:>18} {peak:>14}", millis(median)));
    }
    say(format_args!(
        "\nStart: process start to the first request for work, {STARTS} starts. Peak memory: after a vend and a sweep on the local cloud."
    ));
    up::down()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn bootstrap(name: &str) -> std::path::PathBuf {
    paths::root().join("target/lambda").join(name).join("bootstrap")
}

/// Sorted times from process start to the first request for work.
fn starts(name: &str) -> Result<Vec<Duration>> {
    let mut times = (0..STARTS).map(|_| start(name)).collect::<Result<Vec<_>>>()?;
    times.sort();
    Ok(times)
}

/// Starts a function against a Runtime API that only waits to be asked.
fn start(name: &str) -> Result<Duration> {
    let api = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("open a port")?;
    let mut function = Command::new(bootstrap(name));
    function.env_clear().envs(ENVIRONMENT.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
    function.env("AWS_LAMBDA_FUNCTION_NAME", name);
    function.env("AWS_LAMBDA_RUNTIME_API", api.local_addr()?.to_string());
    let started = Instant::now();
    let mut process = function.spawn().with_context(|| format!("start {name}"))?;
    let asked = first_request(&api, &mut process, started);
    let took = started.elapsed();
    process.kill().ok();
    process.wait().ok();
    let line = asked.with_context(|| format!("{name} did not ask for work"))?;
    if !line.starts_with("GET /2018-06-01/runtime/invocation/next") {
        bail!("{name} asked for {line:?} instead of work");
    }
    Ok(took)
}

fn first_request(api: &TcpListener, process: &mut std::process::Child, started: Instant) -> Result<String> {
    api.set_nonblocking(true)?;
    loop {
        if let Ok((connection, _)) = api.accept() {
            connection.set_nonblocking(false)?;
            let mut line = String::new();
            BufReader::new(connection).read_line(&mut line)?;
            return Ok(line);
        }
        if let Some(status) = process.try_wait()? {
            bail!("it ended: {status}");
        }
        if started.elapsed() > START_LIMIT {
            bail!("nothing came within {} s", START_LIMIT.as_secs());
        }
        std::thread::yield_now();
    }
}

/// The most memory that each function's process had, in KiB, as Linux counts it.
fn peak_memory(platform: Option<u32>) -> Result<BTreeMap<String, u32>> {
    let mut peaks = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("read /proc: peak memory is measured on Linux only")? {
        let folder = entry?.path();
        // Processes come and go, and those of others cannot be read.
        let (Ok(status), Ok(environment)) =
            (fs::read_to_string(folder.join("status")), fs::read(folder.join("environ")))
        else {
            continue;
        };
        if field(&status, "PPid:") != platform {
            continue;
        }
        if let (Some(name), Some(peak)) = (function_of(&environment), field(&status, "VmHWM:")) {
            let most = peaks.entry(name).or_insert(peak);
            *most = peak.max(*most);
        }
    }
    Ok(peaks)
}

fn field(status: &str, name: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// `AWS_LAMBDA_FUNCTION_NAME=account-vending-create-account` is create-account.
fn function_of(environment: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(environment);
    let name = text.split('\0').find_map(|entry| entry.strip_prefix("AWS_LAMBDA_FUNCTION_NAME="))?;
    name.strip_prefix("account-vending-").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_says_of_a_process() {
        let status = "Name:\tbootstrap\nPPid:\t42\nVmHWM:\t   23456 kB\n";
        assert_eq!(field(status, "PPid:"), Some(42));
        assert_eq!(field(status, "VmHWM:"), Some(23_456));
        let environment = b"A=1\0AWS_LAMBDA_FUNCTION_NAME=account-vending-move-account\0";
        assert_eq!(function_of(environment).as_deref(), Some("move-account"));
    }
}
