//! What an interrupted command says: nothing is lost, and how to go on.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Exit;
use crate::failure::Failure;

/// What a program that ends by a signal adds to its number.
const SIGNALED: i32 = 128;

static HINT: Mutex<Option<String>> = Mutex::new(None);

/// From now on, a signal prints the hint and ends the program.
pub(crate) fn listen() -> Result<(), Failure> {
    let failed = |error| Failure::new(Exit::Failed, format!("could not listen to signals: {error}"));
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let hint = HINT.lock().unwrap_or_else(PoisonError::into_inner).take();
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            let _ = writeln!(std::io::stderr(), "\ninterrupted{hint}");
            std::process::exit(SIGNALED + signal);
        }
    });
    Ok(())
}

/// Sets what an interruption says from now on.
pub(crate) fn hint(hint: impl Into<String>) {
    *HINT.lock().unwrap_or_else(PoisonError::into_inner) = Some(hint.into());
}

pub(crate) fn watch_hint(request_id: &impl std::fmt::Display) {
    hint(format!("the request goes on; follow it with: vend watch {request_id}"));
}
