//! The command line of account-vending.

use std::process::ExitCode;

fn main() -> ExitCode {
    vend::run()
}
