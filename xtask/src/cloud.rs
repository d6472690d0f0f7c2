//! The processes of the local cloud: which ones were started, whether they are running, and how they are stopped.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use crate::paths;
use crate::progress::pause;

const GRACE: Duration = Duration::from_secs(10);

/// How a local cloud is started. Other options need another local cloud.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, clap::Args)]
#[serde(default)]
pub(crate) struct Options {
    /// Let the functions use this AWS-compatible endpoint (plain http) instead of starting moto.
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub(crate) aws_endpoint: Option<String>,
    /// Check signatures, IAM policies, and session policies.
    #[arg(long)]
    pub(crate) enforce_iam: bool,
    /// Put the strict proxy in front of the emulators: it rejects calls that AWS rejects and the emulators accept.
    #[arg(long)]
    pub(crate) strict: bool,
    /// With --strict: throttles, delays, and events as on AWS, in a world that runs this many times as fast.
    #[arg(long, value_name = "TIMES", requires = "strict", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) speed: Option<u32>,
    /// With --strict: also evaluate policies, trust policies, and SCPs for calls to AWS; implies --enforce-iam.
    #[arg(long, requires = "strict")]
    pub(crate) evaluate_iam: bool,
}

impl Options {
    /// MiniStack gives functions the credentials of their roles only if it checks IAM itself.
    pub(crate) fn enforces_iam(&self) -> bool {
        self.enforce_iam || self.evaluate_iam
    }
}

fn http_url(text: &str) -> Result<String, String> {
    match text.strip_prefix("http://") {
        Some(host) if !host.is_empty() => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("must be a plain http:// URL".into()),
    }
}

/// The servers that were started. Each is saved as soon as it starts, so that `down` finds it after any crash.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Cloud {
    pub(crate) options: Options,
    pub(crate) servers: Vec<Server>,
    /// A digest of the sources of the deployed stack.
    #[serde(default)]
    deployed: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) pid: u32,
    pub(crate) url: String,
    /// When the process started, because another process can get the same ID later.
    started: String,
}

impl Cloud {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    pub(crate) fn load() -> Result<Option<Self>> {
        let path = state_file();
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).with_context(|| {
                format!("{} is not a valid state file; stop its processes by hand and remove it", paths::shown(&path))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    pub(crate) fn add(&mut self, server: Server) -> Result<()> {
        self.servers.push(server);
        self.save()
    }

    pub(crate) fn deployed(&self) -> &str {
        &self.deployed
    }

    pub(crate) fn set_deployed(&mut self, sources: String) -> Result<()> {
        self.deployed = sources;
        self.save()
    }

    fn save(&self) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        fs::write(state_file(), text).with_context(|| format!("write {}", state_file().display()))
    }

    pub(crate) fn is_alive(&self) -> bool {
        !self.servers.is_empty() && self.servers.iter().all(Server::is_alive)
    }

    pub(crate) fn aws_endpoint(&self) -> Option<String> {
        self.options.aws_endpoint.clone().or_else(|| self.url_of("moto"))
    }

    pub(crate) fn running(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.name == name && server.is_alive())
    }

    pub(crate) fn url_of(&self, name: &str) -> Option<String> {
        self.servers.iter().find(|server| server.name == name).map(|server| server.url.clone())
    }

    /// Stops the processes, then removes the state file.
    pub(crate) fn stop(&self) -> Result<()> {
        for server in self.servers.iter().rev() {
            server.stop()?;
        }
        match fs::remove_file(state_file()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("remove {}", state_file().display()))
            }
            _ => Ok(()),
        }
    }
}

impl Server {
    pub(crate) fn new(name: &str, pid: u32, url: &str) -> Self {
        let started = start_time(pid).unwrap_or_default();
        Self { name: name.to_owned(), pid, url: url.to_owned(), started }
    }

    pub(crate) fn is_alive(&self) -> bool {
        start_time(self.pid).is_some_and(|started| started == self.started)
    }

    /// Sends SIGTERM to the process and its children, and SIGKILL after a grace period.
    fn stop(&self) -> Result<()> {
        if !self.is_alive() {
            return Ok(());
        }
        let group = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let group = group.with_context(|| format!("{} is not a valid process ID", self.pid))?;
        for signal in [Signal::TERM, Signal::KILL] {
            // An error means that the process has ended by itself.
            let _ = kill_process_group(group, signal);
            let deadline = Instant::now() + GRACE;
            while Instant::now() < deadline {
                if !self.is_alive() {
                    // Ends the children that are still running.
                    let _ = kill_process_group(group, Signal::KILL);
                    return Ok(());
                }
                pause(Duration::from_millis(20));
            }
        }
        bail!("{} (process {}) does not stop; stop it by hand and run the command again", self.name, self.pid)
    }
}

fn state_file() -> PathBuf {
    paths::local().join("cloud.json")
}

/// When a process started, in the unit of the system; `None` if it has ended.
fn start_time(pid: u32) -> Option<String> {
    if cfg!(target_os = "linux") {
        return linux_start_time(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?);
    }
    let ps =
        Command::new("ps").env("LC_ALL", "C").args(["-o", "stat=,lstart=", "-p", &pid.to_string()]).output().ok()?;
    let line = String::from_utf8(ps.stdout).ok()?;
    let (state, started) = line.trim().split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

/// `pid (any name) state ppid …`: the state is field 3, the start time field 22.
fn linux_start_time(stat: &str) -> Option<String> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_is_identified_by_its_start_time() {
        let this_process = Server::new("self", std::process::id(), "");
        assert!(this_process.is_alive());
        let another_process = Server { started: "1".into(), ..this_process };
        assert!(!another_process.is_alive());
    }

    #[test]
    fn start_time_is_parsed_after_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 100 200";
        assert_eq!(linux_start_time(stat).as_deref(), Some("4242"));
        assert_eq!(linux_start_time(&stat.replace(") S", ") Z")), None);
    }

    #[test]
    fn endpoint_must_be_plain_http() {
        assert_eq!(http_url("http://127.0.0.1:5000/").as_deref(), Ok("http://127.0.0.1:5000"));
        assert!(http_url("https://example.com").is_err());
    }
}
