//! Questions, which only a terminal can answer.

use std::io::{self, BufRead, IsTerminal};

use crate::console;
use crate::failure::Failure;

/// Whether there is someone to ask.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Refuses to go on unasked where no one can be asked. Nothing was sent yet.
pub(crate) fn require_yes(yes: bool, what: &str) -> Result<(), Failure> {
    if yes || can_ask() {
        return Ok(());
    }
    Err(Failure::usage(format!("{what} needs --yes, because there is no terminal to ask on")))
}

/// Asks a question that is answered by yes or no. Everything but yes is no.
pub(crate) fn confirm(question: &str) -> bool {
    let answer = ask(&format!("{question} [y/N] "));
    matches!(answer.to_lowercase().as_str(), "y" | "yes")
}

/// Asks for a line.
pub(crate) fn ask(question: &str) -> String {
    console::draw(question);
    let mut answer = String::new();
    // Without an answer, it is empty.
    let _ = io::stdin().lock().read_line(&mut answer);
    answer.trim().to_owned()
}
