//! `cargo xtask`: the local cloud, the demo, and the tests of account-vending.

mod bench;
mod cargo_tools;
mod check;
mod cloud;
mod command;
mod commands;
mod compile;
mod demo;
mod deploy;
mod function_logs;
mod functions;
mod generate;
mod lint;
mod manifest;
mod names;
mod new_step;
mod node;
mod organization;
mod organization_fixtures;
mod paths;
mod phases;
mod progress;
mod release;
mod reliability;
mod schemas;
mod schemathesis;
mod servers;
mod stack;
mod test_suite;
mod tools;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::bench::Bench;
use crate::generate::Generate;
use crate::new_step::NewStep;
use crate::release::Release;
use crate::reliability::{Chaos, Reliability};
use crate::up::Up;

#[derive(Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "The commands of the project. Logs and state are stored in target/local."
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Vend the account of events/account-request.json on this machine and show each step.
    Demo,
    /// Check the format and the lints, and run the unit and contract tests. Needs no local cloud.
    Check,
    /// Run every check and every test.
    Test,
    /// Inject the failures that are known from AWS into vends, and write docs/reliability.md.
    Reliability(Reliability),
    /// Request many accounts while one call in ten fails, and check that no request is lost.
    Chaos(Chaos),
    /// Write the generated files: the registry of steps, the lists in template.yaml and the state machine, the
    /// permissions of the vending role, schemas/.
    Generate(Generate),
    /// Compare the API of the running stack with schemas/openapi.yaml.
    Schemathesis,
    /// Measure each function: the size of its binary, its start time, its memory.
    Bench(Bench),
    /// Write the files of a release: packages that deploy without Rust, their SBOMs and checksums.
    Release(Release),
    /// Create the folder of a new baseline or access step.
    NewStep(NewStep),
    /// Start the local cloud and deploy the stack; if it is running, deploy again.
    Up(Up),
    /// Stop the local cloud.
    Down,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Demo => demo::run(),
        Task::Check => check::run(),
        Task::Test => test_suite::run(),
        Task::Reliability(reliability) => reliability::run(reliability),
        Task::Chaos(chaos) => reliability::chaos(&chaos),
        Task::Generate(generate) => generate::run(&generate),
        Task::Schemathesis => schemathesis::run(),
        Task::Bench(bench) => bench::run(bench),
        Task::Release(release) => release::run(&release),
        Task::NewStep(step) => new_step::run(&step),
        Task::Up(up) => up::run(&up),
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
