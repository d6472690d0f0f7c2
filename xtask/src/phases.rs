//! Phases of a command: shows which one runs, which one is next, and how long each took.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::paths;
use crate::progress::{elapsed, failure, say};

pub(crate) struct Phases {
    plan: Vec<&'static str>,
    ended: Vec<Phase>,
}

struct Phase {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

impl Phases {
    /// `plan` has the names of the phases in order.
    pub(crate) fn new(plan: &[&'static str]) -> Self {
        Self { plan: plan.to_vec(), ended: Vec::new() }
    }

    /// Runs the next phase and returns its error, because the later phases depend on it.
    pub(crate) fn run<T>(&mut self, name: &'static str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        say(self.heading(name));
        let started = Instant::now();
        let result = run();
        let outcome = if result.is_ok() { Outcome::Passed } else { Outcome::Failed };
        self.ended.push(Phase { name, took: started.elapsed(), outcome });
        result
    }

    /// Runs the next phase and prints its error. The later phases run all the same, so that one run shows every error.
    pub(crate) fn check(&mut self, name: &'static str, remedy: &str, run: impl FnOnce() -> Result<()>) -> bool {
        let result = self.run(name, run);
        if let Err(error) = &result {
            failure(error);
            say(format_args!("What to do: {remedy}."));
        }
        result.is_ok()
    }

    pub(crate) fn skip(&mut self, name: &'static str, why: &'static str) {
        self.ended.push(Phase { name, took: Duration::ZERO, outcome: Outcome::Skipped(why) });
    }

    /// Prints how long each phase and all phases took.
    pub(crate) fn times(&self) {
        say("");
        for phase in &self.ended {
            say(phase.line());
        }
        let total = self.ended.iter().map(|phase| phase.took).sum();
        say(format_args!("{:<8} {:>12}", "total", elapsed(total)));
    }

    /// Prints the times; an error unless every phase passed.
    pub(crate) fn summary(&self) -> Result<()> {
        self.times();
        say(format_args!("Logs: {}", paths::shown(&paths::logs())));
        if self.all_passed() { Ok(()) } else { bail!("some phases failed or were skipped") }
    }

    pub(crate) fn all_passed(&self) -> bool {
        self.ended.iter().all(|phase| phase.outcome == Outcome::Passed)
    }

    fn heading(&self, name: &str) -> String {
        let (number, all) = (self.ended.len() + 1, self.plan.len());
        let next = self.plan.get(number).map(|next| format!("; next: {next}")).unwrap_or_default();
        format!("\n== {number} of {all}: {name}{next}")
    }
}

impl Phase {
    fn line(&self) -> String {
        let Self { name, took, outcome } = self;
        let took = elapsed(*took);
        match outcome {
            Outcome::Passed => format!("{:<8} {took:>12}  {name}", "passed"),
            Outcome::Failed => format!("{:<8} {took:>12}  {name}", "FAILED"),
            Outcome::Skipped(why) => format!("{:<8} {:>12}  {name}: {why}", "skipped", ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_check_does_not_stop_later_phases() {
        let mut phases = Phases::new(&["first", "second"]);
        assert_eq!(phases.heading("first"), "\n== 1 of 2: first; next: second");
        assert!(!phases.check("first", "fix it", || bail!("broken")));
        assert_eq!(phases.heading("second"), "\n== 2 of 2: second");
        assert!(phases.check("second", "fix it", || Ok(())));
        let lines: Vec<_> = phases.ended.iter().map(Phase::line).collect();
        assert_eq!(lines, ["FAILED          0.0 s  first", "passed          0.0 s  second"]);
        assert!(phases.summary().is_err());
    }

    #[test]
    fn phase_error_is_returned() {
        let mut phases = Phases::new(&["only"]);
        assert!(phases.run("only", || -> Result<()> { bail!("broken") }).is_err());
        assert!(!phases.all_passed());
    }
}
