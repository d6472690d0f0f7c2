//! The processes of the local cloud: which ones were started, whether they live, and how they end.

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

/// How a cloud is started. Another choice means another cloud.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, clap::Args)]
#[serde(default)]
pub(crate) struct Options {
    /// Let the functions use this AWS-compatible endpoint (plain http) instead of starting moto.
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub(crate) aws_endpoint: Option<String>,
    /// Check signatures, IAM policies and session policies.
    #[arg(long)]
    pub(crate) enforce_iam: bool,
    /// Put the strict proxy before the emulators: it refuses what AWS refuses and they accept.
    #[arg(long)]
    pub(crate) strict: bool,
    /// With --strict: throttles, delays and events as AWS has them, in a world that runs so many times as fast.
    #[arg(long, value_name = "TIMES", requires = "strict", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) speed: Option<u32>,
    /// With --strict: also evaluate policies, trust and SCPs for calls to AWS; implies --enforce-iam.
    #[arg(long, requires = "strict")]
    pub(crate) evaluate_iam: bool,
}

impl Options {
    /// The platform gives functions the credentials of their roles only while it checks IAM itself.
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

/// What was started, written down as soon as it starts: whatever ends us, `down` finds it.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Cloud {
    pub(crate) options: Options,
    pub(crate) servers: Vec<Server>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) pid: u32,
    pub(crate) url: String,
    /// When the process started: a process id alone may be somebody else's by now.
    started: String,
}

impl Cloud {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, servers: Vec::new() }
    }

    pub(crate) fn load() -> Result<Option<Self>> {
        let path = state_file();
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map(Some).with_context(|| {
                format!("{} is not ours; end its processes by hand and remove it", paths::shown(&path))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    pub(crate) fn add(&mut self, server: Server) -> Result<()> {
        self.servers.push(server);
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

    pub(crate) fn living(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.name == name && server.is_alive())
    }

    pub(crate) fn url_of(&self, name: &str) -> Option<String> {
        self.servers.iter().find(|server| server.name == name).map(|server| server.url.clone())
    }

    /// Ends the processes, then forgets them.
    pub(crate) fn end(&self) -> Result<()> {
        for server in self.servers.iter().rev() {
            server.end()?;
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

    /// Asks the process and its children to end, and insists after a while.
    fn end(&self) -> Result<()> {
        if !self.is_alive() {
            return Ok(());
        }
        let group = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let group = group.with_context(|| format!("{} is no process id", self.pid))?;
        for signal in [Signal::TERM, Signal::KILL] {
            // An error here means that it ended by itself meanwhile.
            let _ = kill_process_group(group, signal);
            let deadline = Instant::now() + GRACE;
            while Instant::now() < deadline {
                if !self.is_alive() {
                    // What it started and left behind goes too.
                    let _ = kill_process_group(group, Signal::KILL);
                    return Ok(());
                }
                pause(Duration::from_millis(20));
            }
        }
        bail!("{} (process {}) does not end; end it by hand and run this again", self.name, self.pid)
    }
}

fn state_file() -> PathBuf {
    paths::local().join("cloud.json")
}

/// When a living process started, in whatever unit the system has; nothing for one that is gone or only not reaped yet.
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
    fn a_process_is_known_by_its_start() {
        let us = Server::new("us", std::process::id(), "");
        assert!(us.is_alive());
        let somebody_else = Server { started: "1".into(), ..us };
        assert!(!somebody_else.is_alive());
    }

    #[test]
    fn reads_the_start_time_after_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 100 200";
        assert_eq!(linux_start_time(stat).as_deref(), Some("4242"));
        assert_eq!(linux_start_time(&stat.replace(") S", ") Z")), None);
    }

    #[test]
    fn an_endpoint_is_plain_http() {
        assert_eq!(http_url("http://127.0.0.1:5000/").as_deref(), Ok("http://127.0.0.1:5000"));
        assert!(http_url("https://example.com").is_err());
    }
}
