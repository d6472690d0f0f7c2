//! `vend completions`.

use clap::CommandFactory;
use clap_complete::generate;

use crate::cli::{Cli, Completions};
use crate::console;
use crate::exit::Exit;

pub(crate) fn run(completions: &Completions) -> Exit {
    let mut script = Vec::new();
    generate(completions.shell, &mut Cli::command(), "vend", &mut script);
    console::raw(&script);
    Exit::Done
}
