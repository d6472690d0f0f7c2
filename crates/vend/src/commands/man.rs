//! `vend man`.

use std::fs;

use clap::CommandFactory;
use clap_mangen::{Man as Page, generate_to};

use crate::cli::{Cli, Man};
use crate::console::{self, Console};
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) fn run(man: &Man, console: &Console) -> Result<Exit, Failure> {
    let command = Cli::command();
    let Some(folder) = &man.folder else {
        let mut page = Vec::new();
        let failed = |error| Failure::new(Exit::Failed, format!("could not make the man page: {error}"));
        Page::new(command).render(&mut page).map_err(failed)?;
        console::raw(&page);
        return Ok(Exit::Done);
    };
    let written = fs::create_dir_all(folder).and_then(|()| generate_to(command, folder));
    let failed = |error| Failure::new(Exit::Failed, format!("could not write to {}: {error}", folder.display()));
    written.map_err(failed)?;
    console.message(&format!("wrote the man pages to {}", folder.display()));
    Ok(Exit::Done)
}
