//! `vend`, the command line of account-vending.
//!
//! [`run`] is the whole program. A command is a file in `commands/`: it gets the [`context`] (where to print, which API,
//! which credentials), calls the API through vending-client, and returns an [`exit::Exit`] or a failure.
//!
//! The manners are in one place each, for all commands: `console` prints (data on stdout, everything else on stderr),
//! `json` has the forms for machines and their schemas, `exit` the exit codes, `failure` how errors read, `config` where
//! settings come from, `file` how files are read, and `interrupt` what an interrupted command says.

mod aws;
mod change;
mod cli;
mod commands;
mod config;
mod console;
mod context;
mod credentials;
mod exit;
mod failure;
mod file;
mod interrupt;
pub mod json;
mod moment;
mod organization;
mod progress;
mod prompt;
mod request;
mod style;
mod table;
mod variables;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use console::Console;
use context::Context;
use exit::Exit;
use failure::Failure;

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::of_usage(&error),
    };
    let mut console = Console::new(cli.global.output, cli.global.quiet);
    let exit = match command(&cli, &mut console) {
        Ok(exit) => exit,
        Err(failure) => console.failure(&failure),
    };
    exit.into()
}

fn command(cli: &Cli, console: &mut Console) -> Result<Exit, Failure> {
    interrupt::listen()?;
    let context = Context::new(&cli.global);
    match &cli.command {
        Command::Configure(configure) => commands::configure::run(configure, &context, console),
        Command::Whoami => commands::whoami::run(&context, console),
        Command::Request(request) => commands::request::run(request, &context, console),
        Command::Watch(watch) => commands::watch::run(watch, &context, console),
        Command::List(list) => commands::list::run(list, &context, console),
        Command::Show(show) => commands::show::run(show, &context, console),
        Command::Organization(organization) => commands::organization::run(organization, &context, console),
        Command::Completions(completions) => Ok(commands::completions::run(completions)),
        Command::Man(man) => commands::man::run(man, console),
    }
}
