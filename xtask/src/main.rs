//! `cargo xtask`: the local cloud, the demo and the tests of account-vending.

mod aws;
mod bench;
mod cargo_tools;
mod cloud;
mod command;
mod demo;
mod deploy;
mod function_logs;
mod functions;
mod lint;
mod new_step;
mod organization;
mod paths;
mod phases;
mod progress;
mod reliability;
mod schemas;
mod schemathesis;
mod servers;
mod sigv4;
mod stack;
mod surroundings;
mod test_suite;
mod tools;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cloud::Options;
use crate::new_step::NewStep;
use crate::reliability::Chaos;

#[derive(Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "The project's own commands. Logs and state are kept in target/local."
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Vend the account of events/account-request.json on this machine and show each step.
    Demo,
    /// Run every check and every test.
    Test,
    /// Do to vends what AWS is known to do to them, and write docs/reliability.md.
    Reliability,
    /// Ask for many accounts while one call in ten goes wrong, and check that nothing is lost.
    Chaos(Chaos),
    /// Write schemas/ from the Rust types.
    Schemas,
    /// Hold the API of the running stack to schemas/openapi.yaml.
    Schemathesis,
    /// Measure each function: its binary, its start, its memory.
    Bench,
    /// Begin a step of the baseline or of access.
    NewStep(NewStep),
    /// Start the local cloud and deploy the stack; if it is up already, deploy again.
    Up(Options),
    /// End what `up` started.
    Down,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Demo => demo::run(),
        Task::Test => test_suite::run(),
        Task::Reliability => reliability::run(),
        Task::Chaos(chaos) => reliability::chaos(&chaos),
        Task::Schemas => schemas::run(),
        Task::Schemathesis => schemathesis::run(),
        Task::Bench => bench::run(),
        Task::NewStep(step) => new_step::run(&step),
        Task::Up(options) => up::run(&options),
        Task::Down => up::down(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::failure(&error);
            ExitCode::FAILURE
        }
    }
}
