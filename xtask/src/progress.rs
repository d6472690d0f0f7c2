//! Output for the terminal: plain lines, and the progress of long activities.

use std::fmt::Display;
use std::io::{IsTerminal, Write, stdout};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The interval of progress lines in a log. On a terminal, one line is rewritten each second.
const HEARTBEAT: Duration = Duration::from_secs(15);
const CLEAR_LINE: &str = "\r\x1b[2K";

/// Prints one line. A closed pipe (`| head`) is not an error.
pub(crate) fn say(line: impl Display) {
    let rewritten = if stdout().is_terminal() { CLEAR_LINE } else { "" };
    let _ = writeln!(stdout(), "{rewritten}{line}");
}

/// Prints the error of a failed command and its causes.
pub(crate) fn failure(error: &anyhow::Error) {
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "error: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(stderr, "  because: {cause}");
    }
}

/// Something that takes a while: prints its start, its progress, and how long it took.
pub(crate) struct Activity {
    label: String,
    started: Instant,
    detail: Arc<Mutex<String>>,
    pulse: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Activity {
    pub(crate) fn start(label: impl Into<String>) -> Self {
        let label = label.into();
        say(format_args!("- {label}"));
        Self::begin(label, true)
    }

    /// For a program that writes to the terminal itself, where a progress line would disturb its output.
    pub(crate) fn start_with_output(label: impl Into<String>) -> Self {
        let label = label.into();
        say(format_args!("- {label}"));
        Self::begin(label, !stdout().is_terminal())
    }

    fn begin(label: String, beats: bool) -> Self {
        let (started, detail) = (Instant::now(), Arc::default());
        let pulse = beats.then(|| pulse(label.clone(), started, Arc::clone(&detail)));
        Self { label, started, detail, pulse }
    }

    /// Sets the text of the next progress line.
    pub(crate) fn set_detail(&self, detail: String) {
        *self.detail.lock().unwrap_or_else(PoisonError::into_inner) = detail;
    }

    pub(crate) fn done(mut self) -> Duration {
        self.stop();
        let took = self.started.elapsed();
        if took >= Duration::from_secs(1) {
            say(format_args!("  {}: done in {}", self.label, elapsed(took)));
        }
        took
    }

    fn stop(&mut self) {
        if let Some((stop, beat)) = self.pulse.take() {
            drop(stop);
            let _ = beat.join();
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Prints how long `label` has taken, at an interval, until the sender is dropped.
fn pulse(label: String, started: Instant, detail: Arc<Mutex<String>>) -> (Sender<()>, JoinHandle<()>) {
    let rewrite = stdout().is_terminal();
    let interval = if rewrite { Duration::from_secs(1) } else { HEARTBEAT };
    let (stop, stopped) = channel();
    let beat = thread::spawn(move || {
        while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
            let detail = detail.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let separator = if detail.is_empty() { "" } else { ": " };
            let line = format!("  … {label}, {}{separator}{detail}", elapsed(started.elapsed()));
            if rewrite {
                let _ = write!(stdout(), "{CLEAR_LINE}{line}");
                let _ = stdout().flush();
            } else {
                say(line);
            }
        }
        if rewrite {
            let _ = write!(stdout(), "{CLEAR_LINE}");
        }
    });
    (stop, beat)
}

/// Waits between two polls of another process.
#[expect(clippy::disallowed_methods, reason = "xtask is not a Lambda function: waiting costs nothing")]
pub(crate) fn pause(duration: Duration) {
    thread::sleep(duration);
}

pub(crate) fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_formatted() {
        assert_eq!(elapsed(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(elapsed(Duration::from_secs(59)), "59 s");
        assert_eq!(elapsed(Duration::from_secs(61)), "1 min 01 s");
    }
}
