//! `bench`: measures the binary size, the start time, and the memory of each function.
//!
//! Sizes are exact. Times depend on the machine, so compare only those of one run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use local_cloud::{AwsClient, Stack};
use serde_json::json;

use crate::demo;
use crate::functions::{Profile, bootstrap, build_functions, function_names};
use crate::progress::say;
use crate::stack;
use crate::tools::{self, MINISTACK, MOTO, SAM};
use crate::up;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Bench {
    /// Measure the functions of the running local cloud as they are, with few starts.
    #[arg(long)]
    short: bool,
}

const STARTS: usize = 11;
const SHORT_STARTS: usize = 3;
const START_LIMIT: Duration = Duration::from_secs(10);

/// Builds the functions with the release profile, runs them on the local cloud, and measures them.
pub(crate) fn run(bench: Bench) -> Result<()> {
    if bench.short {
        return measure(&stack::load()?, SHORT_STARTS);
    }
    tools::install_during(&[MINISTACK, MOTO, SAM], || build_functions(Profile::Release))?;
    up::then_down(measure(&up::ensure_any_up()?, STARTS))
}

fn measure(stack: &Stack, count: usize) -> Result<()> {
    let platform = AwsClient::new(&stack.platform_endpoint);
    let mut measured = Vec::new();
    for name in function_names()? {
        let environment = environment(&platform, stack, &name)?;
        let starts = starts(&name, &environment, count)?;
        measured.push((name, starts));
    }
    demo::vend_new_account(stack)?;
    // No successful vend invokes it.
    let sweep = function_name(stack, "sweep-requests");
    platform.invoke(&sweep, &json!({ "detail-type": "Scheduled Event", "detail": {} }))?;
    let peaks = peak_memory(stack.pids.get("ministack").copied())?;
    show(&measured, &peaks)?;
    say(format_args!(
        "\nStart: from the start of the process to its first call of the Runtime API, median of {count}; x: relative \
         to the fastest function.\nPeak memory: after a vend and a sweep on the local cloud."
    ));
    Ok(())
}

fn show(measured: &[(String, Vec<Duration>)], peaks: &BTreeMap<String, u32>) -> Result<()> {
    let median = |starts: &[Duration]| millis(starts[starts.len() / 2]);
    let fastest = measured.iter().map(|(_, starts)| median(starts)).fold(f64::INFINITY, f64::min);
    say(format_args!(
        "\n{:<26} {:>10} {:>10} {:>14} {:>6} {:>16}",
        "function", "binary MB", "start ms", "(min-max)", "x", "peak memory MB"
    ));
    for (name, starts) in measured {
        let size = fs::metadata(bootstrap(name)).with_context(|| format!("the binary of {name}"))?.len();
        let size = format!("{}.{}", size / 1_000_000, size / 100_000 % 10);
        let range = format!("({:.0}-{:.0})", millis(starts[0]), millis(starts[starts.len() - 1]));
        let median = median(starts);
        let peak = peaks.get(name).map_or("-".to_owned(), |kib| format!("{:.1}", f64::from(*kib) / 1024.0));
        say(format_args!("{name:<26} {size:>10} {median:>10.1} {range:>14} {:>6.2} {peak:>16}", median / fastest));
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn function_name(stack: &Stack, name: &str) -> String {
    format!("{}-{name}", stack.stack_name)
}

/// The environment variables of the deployed function, and those that Lambda sets for every function.
fn environment(platform: &AwsClient, stack: &Stack, name: &str) -> Result<BTreeMap<String, String>> {
    let path = format!("/2015-03-31/functions/{}/configuration", function_name(stack, name));
    let configuration = platform.rest("lambda", "GET", &path, None).with_context(|| format!("is {name} deployed?"))?;
    let variables = configuration["Environment"]["Variables"].clone();
    let mut environment: BTreeMap<String, String> =
        serde_json::from_value(variables).with_context(|| format!("the environment of {name}: {configuration}"))?;
    let lambda = [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_REGION", &stack.region),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    environment.extend(lambda.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(environment)
}

/// The start times of a function, sorted.
fn starts(name: &str, environment: &BTreeMap<String, String>, count: usize) -> Result<Vec<Duration>> {
    let mut times = (0..count).map(|_| start(name, environment)).collect::<Result<Vec<_>>>()?;
    times.sort();
    Ok(times)
}

/// Starts a function with a local Runtime API, and measures the time until its first call.
fn start(name: &str, environment: &BTreeMap<String, String>) -> Result<Duration> {
    let api = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("open a port")?;
    let mut function = Command::new(bootstrap(name));
    function.env_clear().envs(environment).stdout(Stdio::null()).stderr(Stdio::null());
    function.env("AWS_LAMBDA_RUNTIME_API", api.local_addr()?.to_string());
    let started = Instant::now();
    let mut process = function.spawn().with_context(|| format!("start {name}"))?;
    let first_call = first_request(&api, &mut process, started);
    let took = started.elapsed();
    process.kill().ok();
    process.wait().ok();
    let line = first_call.with_context(|| format!("{name} did not call the Runtime API"))?;
    if !line.starts_with("GET /2018-06-01/runtime/invocation/next") {
        bail!("the first call of {name} is {line:?}, not a request for an invocation");
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
            bail!("the process ended: {status}");
        }
        if started.elapsed() > START_LIMIT {
            bail!("no call within {} s", START_LIMIT.as_secs());
        }
        std::thread::yield_now();
    }
}

/// The peak memory of the processes of each function, in KiB, as Linux reports it.
fn peak_memory(platform: Option<u32>) -> Result<BTreeMap<String, u32>> {
    let mut peaks = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("read /proc: peak memory is measured on Linux only")? {
        let folder = entry?.path();
        // Processes end at any time, and those of other users cannot be read.
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
    fn process_status_is_parsed() {
        let status = "Name:\tbootstrap\nPPid:\t42\nVmHWM:\t   23456 kB\n";
        assert_eq!(field(status, "PPid:"), Some(42));
        assert_eq!(field(status, "VmHWM:"), Some(23_456));
        let environment = b"A=1\0AWS_LAMBDA_FUNCTION_NAME=account-vending-move-account\0";
        assert_eq!(function_of(environment).as_deref(), Some("move-account"));
    }
}
