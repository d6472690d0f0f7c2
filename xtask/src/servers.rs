//! Starts the servers of the local cloud: on loopback, on free ports, each with its own log and process group.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use local_cloud::{HttpClient, REGION};

use crate::cloud::{Cloud, Server};
use crate::command::{create_log, log_tail};
use crate::deploy::LOG_LEVEL;
use crate::paths;
use crate::progress::{Activity, pause};
use crate::tools::{MINISTACK, MOTO};

const START_LIMIT: Duration = Duration::from_secs(90);

/// The log of the calls that functions made since the strict proxy started.
pub(crate) const CALLS_FILE: &str = "calls.jsonl";

/// The services that functions call on MiniStack; every other call goes to `AWS_ENDPOINT_URL`. S3 is one of them, for
/// the records bucket.
const PLATFORM_SERVICES: [&str; 7] = ["SFN", "SNS", "SQS", "EVENTBRIDGE", "S3", "LAMBDA", "CLOUDWATCH_LOGS"];

/// moto emulates the control plane of AWS.
pub(crate) fn start_moto(cloud: &mut Cloud) -> Result<()> {
    let port = free_port()?;
    let mut moto = MOTO.python();
    moto.arg(paths::root().join("xtask/tools/moto_server.py")).args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    moto.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
    // Hundreds of images for each account and Region, which no test uses.
    moto.env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false");
    start(cloud, "moto", &mut moto, port, |url| is_ready(&format!("{url}/moto-api/data.json")))
}

/// MiniStack emulates the serverless platform. It passes its environment to the functions.
pub(crate) fn start_ministack(cloud: &mut Cloud, platform: &Platform) -> Result<()> {
    let mut ministack = MINISTACK.python();
    ministack.arg(paths::root().join("xtask/tools/ministack_server.py")).envs(platform.environment());
    start(cloud, "ministack", &mut ministack, platform.port, |url| is_ready(&format!("{url}/_ministack/ready")))
}

/// The proxy between the functions and moto, which responds to operations that moto lacks. With `--strict`, it is in
/// front of both emulators.
pub(crate) fn start_strict_proxy(cloud: &mut Cloud, program: &Path, aws: &str, platform: &str) -> Result<()> {
    let port = free_port()?;
    let mut proxy = Command::new(program);
    proxy.args(["--listen", &format!("127.0.0.1:{port}"), "--aws", aws, "--platform", platform]);
    if !cloud.options.strict {
        proxy.arg("--emulate-only");
    }
    if let Some(speed) = cloud.options.speed {
        proxy.args(["--realistic", "--speed", &speed.to_string()]);
    }
    if cloud.options.evaluate_iam {
        proxy.arg("--evaluate-iam");
    }
    if cloud.options.strict {
        proxy.arg("--calls-file").arg(paths::log(CALLS_FILE));
    }
    start(cloud, "strict-proxy", &mut proxy, port, |_| TcpStream::connect(("127.0.0.1", port)).is_ok())
}

/// The settings of MiniStack.
pub(crate) struct Platform {
    pub(crate) port: u16,
    pub(crate) account_id: String,
    /// The endpoint of AWS for the functions.
    pub(crate) aws: String,
    /// The endpoint of the platform for the functions: MiniStack itself, or the proxy in front of it.
    pub(crate) own: String,
    pub(crate) enforce_iam: bool,
    /// How many times as fast as real time the state machines wait.
    pub(crate) speed: Option<u32>,
}

impl Platform {
    fn environment(&self) -> Vec<(String, String)> {
        let mut environment: Vec<(String, String)> = [
            ("GATEWAY_PORT", self.port.to_string()),
            ("BIND_HOST", "127.0.0.1".into()),
            ("MINISTACK_HOST", "127.0.0.1".into()),
            ("MINISTACK_ACCOUNT_ID", self.account_id.clone()),
            ("MINISTACK_REGION", REGION.into()),
            ("PERSIST_STATE", "0".into()),
            ("S3_PERSIST", "0".into()),
            ("S3_DATA_DIR", paths::local().join("s3").display().to_string()),
            ("STATE_DIR", paths::local().join("state").display().to_string()),
            // These servers listen on fixed ports, which would collide for two checkouts.
            ("IOT_MTLS_ENABLED", "0".into()),
            ("SFTP_ENABLED", "0".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_ENDPOINT_URL", self.aws.clone()),
            // MiniStack does not pass the LoggingConfig of a function on.
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".into()),
            ("AWS_LAMBDA_LOG_LEVEL", LOG_LEVEL.into()),
            ("AUTH", self.enforce_iam.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let scale = self.speed.map(|speed| ("SFN_WAIT_SCALE".to_owned(), (1.0 / f64::from(speed)).to_string()));
        environment.extend(scale);
        environment.extend(PLATFORM_SERVICES.map(|service| (format!("AWS_ENDPOINT_URL_{service}"), self.own.clone())));
        environment
    }
}

/// Removes the unpacked functions of earlier servers, some MB each.
pub(crate) fn remove_leftovers() -> Result<()> {
    let temporary = paths::local().join("tmp");
    if temporary.exists() {
        fs::remove_dir_all(&temporary).with_context(|| format!("remove {}", temporary.display()))?;
    }
    Ok(())
}

pub(crate) fn loopback(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// A port that is free at the moment.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn start(
    cloud: &mut Cloud,
    name: &str,
    command: &mut Command,
    port: u16,
    is_ready: impl Fn(&str) -> bool,
) -> Result<()> {
    let url = loopback(port);
    let activity = Activity::start(format!("starting {name} at {url}"));
    let log = paths::log(&format!("{name}.log"));
    let file = create_log(&log)?;
    let child = isolated(command)?
        .stdin(Stdio::null())
        .stdout(file.try_clone().context("share the log file")?)
        .stderr(file)
        .process_group(0)
        .spawn()
        .with_context(|| format!("start {name}: {}", command.get_program().display()))?;
    cloud.add(Server::new(name, child.id(), &url))?;
    wait_until_ready(child, || is_ready(&url))
        .map_err(|error| anyhow!("{name} {error}. The end of {}:\n{}", paths::shown(&log), log_tail(&log)))?;
    activity.done();
    Ok(())
}

/// Isolates a server from the shell of the user: no AWS_* variables, no proxy, no ~/.aws.
fn isolated(command: &mut Command) -> Result<&mut Command> {
    let own: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    let [home, temporary] = ["home", "tmp"].map(|folder| paths::local().join(folder));
    for folder in [&home, &temporary] {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", &home)
        .env("TMPDIR", &temporary)
        .env("LANG", "C.UTF-8")
        .env("PYTHONUNBUFFERED", "1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", REGION)
        .env("AWS_DEFAULT_REGION", REGION)
        .envs(own)
        .current_dir(&home);
    Ok(command)
}

/// Whether a GET of this URL returns 200.
fn is_ready(url: &str) -> bool {
    let client = HttpClient::with_timeout(Duration::from_secs(2));
    client.get(url).is_ok_and(|response| response.status().as_u16() == 200)
}

fn wait_until_ready(mut child: Child, is_ready: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().context("its process cannot be observed")? {
            bail!("ended while it started ({status})");
        }
        if is_ready() {
            return Ok(());
        }
        pause(Duration::from_millis(50));
    }
    bail!("was not ready within {} seconds", START_LIMIT.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform() -> Platform {
        let (aws, own) = ("http://127.0.0.1:2".into(), "http://127.0.0.1:1".into());
        Platform { port: 1, account_id: "123456789012".into(), aws, own, enforce_iam: true, speed: Some(20) }
    }

    #[test]
    fn functions_get_both_endpoints() {
        let environment: std::collections::BTreeMap<_, _> = platform().environment().into_iter().collect();
        assert_eq!(environment["AWS_ENDPOINT_URL"], "http://127.0.0.1:2");
        assert_eq!(environment["AWS_ENDPOINT_URL_SFN"], "http://127.0.0.1:1");
        assert_eq!(environment["AWS_ENDPOINT_URL_S3"], "http://127.0.0.1:1");
        assert_eq!(environment["AUTH"], "true");
        assert_eq!(environment["SFN_WAIT_SCALE"], "0.05");
    }

    #[test]
    fn servers_do_not_inherit_the_shell() {
        let mut command = Command::new("x");
        command.env("GATEWAY_PORT", "1");
        isolated(&mut command).unwrap();
        let names: Vec<_> = command.get_envs().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        assert!(names.contains(&"GATEWAY_PORT".into()));
        assert!(!names.contains(&"AWS_PROFILE".into()));
    }
}
