//! How a command ends.

use std::process::ExitCode;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Something failed or was refused.
    Failed,
    /// Wrong usage or files. Nothing was sent.
    Usage,
    /// With `--check`: there is something to do.
    Pending,
    /// No credentials, or not permitted.
    NotPermitted,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Pending => 3,
            Self::NotPermitted => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Prints the help, or what is wrong with the arguments.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    // A closed pipe (`vend --help | head`) is no error.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
}
