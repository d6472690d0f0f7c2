//! Phases that run one after the other and are summed up at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::paths;
use crate::progress::{elapsed, failure, say};

#[derive(Default)]
pub(crate) struct Suite {
    phases: Vec<Phase>,
}

struct Phase {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

impl Suite {
    /// Runs one phase; the ones after it run all the same, so that one run shows everything.
    pub(crate) fn phase(&mut self, name: &'static str, remedy: &str, run: impl FnOnce() -> Result<()>) -> bool {
        say(format_args!("\n== {name}"));
        let started = Instant::now();
        let result = run();
        let outcome = if result.is_ok() { Outcome::Passed } else { Outcome::Failed };
        if let Err(error) = &result {
            failure(error);
            say(format_args!("What to do: {remedy}."));
        }
        self.phases.push(Phase { name, took: started.elapsed(), outcome });
        result.is_ok()
    }

    pub(crate) fn skip(&mut self, name: &'static str, why: &'static str) {
        self.phases.push(Phase { name, took: Duration::ZERO, outcome: Outcome::Skipped(why) });
    }

    pub(crate) fn all_passed(&self) -> bool {
        self.phases.iter().all(|phase| matches!(phase.outcome, Outcome::Passed))
    }

    pub(crate) fn summary(&self) -> Result<()> {
        say("");
        for phase in &self.phases {
            say(phase.line());
        }
        say(format_args!("Logs: {}", paths::shown(&paths::logs())));
        if self.all_passed() { Ok(()) } else { bail!("not everything passed") }
    }
}

impl Phase {
    fn line(&self) -> String {
        let Self { name, took, outcome } = self;
        match outcome {
            Outcome::Passed => format!("passed   {name}, {}", elapsed(*took)),
            Outcome::Failed => format!("FAILED   {name}, {}", elapsed(*took)),
            Outcome::Skipped(why) => format!("skipped  {name}: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_phase_fails_the_suite_and_the_rest_still_runs() {
        let mut suite = Suite::default();
        assert!(!suite.phase("first", "mend it", || bail!("broken")));
        assert!(suite.phase("second", "mend it", || Ok(())));
        let lines: Vec<_> = suite.phases.iter().map(Phase::line).collect();
        assert_eq!(lines, ["FAILED   first, 0.0 s", "passed   second, 0.0 s"]);
        assert!(suite.summary().is_err());
    }
}
