//! What the terminal shows: plain lines, and a sign of life while something takes long.

use std::fmt::Display;
use std::io::{IsTerminal, Write, stdout};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A heartbeat line in a log; a terminal's line is rewritten each second instead.
const HEARTBEAT: Duration = Duration::from_secs(15);
const CLEAR_LINE: &str = "\r\x1b[2K";

/// One line. A reader who went away (`| head`) is no reason to stop.
pub(crate) fn say(line: impl Display) {
    let rewritten = if stdout().is_terminal() { CLEAR_LINE } else { "" };
    let _ = writeln!(stdout(), "{rewritten}{line}");
}

/// The last line of a command that failed: what happened, then why, then what to look at.
pub(crate) fn failure(error: &anyhow::Error) {
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "error: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(stderr, "  because: {cause}");
    }
}

/// Something that takes a while. Says what starts, shows that it goes on, says how long it took.
pub(crate) struct Activity {
    label: String,
    started: Instant,
    pulse: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Activity {
    pub(crate) fn start(label: impl Into<String>) -> Self {
        let label = label.into();
        say(format_args!("- {label}"));
        Self::begin(label, true)
    }

    /// Beside a program that writes to the terminal itself, and shows there that it is alive.
    pub(crate) fn start_beside(label: impl Into<String>) -> Self {
        let label = label.into();
        say(format_args!("- {label}"));
        Self::begin(label, !stdout().is_terminal())
    }

    fn begin(label: String, beats: bool) -> Self {
        let started = Instant::now();
        Self { pulse: beats.then(|| pulse(label.clone(), started)), label, started }
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

/// Says again and again how long `label` has been going on, until the sender is dropped.
fn pulse(label: String, started: Instant) -> (Sender<()>, JoinHandle<()>) {
    let rewrite = stdout().is_terminal();
    let interval = if rewrite { Duration::from_secs(1) } else { HEARTBEAT };
    let (stop, stopped) = channel();
    let beat = thread::spawn(move || {
        while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
            let line = format!("  … {label}, {}", elapsed(started.elapsed()));
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

/// Between two looks at something that another process is doing.
#[expect(clippy::disallowed_methods, reason = "xtask is no function: nobody pays for its waiting")]
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
    fn durations_read_well() {
        assert_eq!(elapsed(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(elapsed(Duration::from_secs(59)), "59 s");
        assert_eq!(elapsed(Duration::from_secs(61)), "1 min 01 s");
    }
}
