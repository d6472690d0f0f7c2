//! Prints. Data goes to stdout, progress and messages to stderr. Colors are removed where they are not wanted.

use std::io::{self, IsTerminal, Write};

use anstream::AutoStream;
use anstream::stream::{AsLockedWrite, RawStream};
use terminal_size::{Width, terminal_size_of};

use crate::cli::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::{Entry, FORMAT_VERSION, Printed, StreamStart};
use crate::style::{self, paint};

/// Where a command prints.
#[derive(Debug)]
pub(crate) struct Console {
    format: Format,
    is_quiet: bool,
    /// Whether the first line of a stream was printed.
    has_started: bool,
}

impl Console {
    pub(crate) fn new(format: Format, is_quiet: bool) -> Self {
        Self { format, is_quiet, has_started: false }
    }

    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Format::Human
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.format == Format::Jsonl
    }

    /// Whether progress can be drawn: on a terminal that no one else writes to.
    pub(crate) fn is_live(&self) -> bool {
        !self.is_quiet && self.format == Format::Human && io::stderr().is_terminal()
    }

    pub(crate) fn shows_progress(&self) -> bool {
        !self.is_quiet
    }

    /// Prints data: the text for people, or the entry for machines.
    pub(crate) fn data(&mut self, text: impl FnOnce() -> String, entry: impl FnOnce() -> Entry) {
        match self.format {
            Format::Human => write_to(io::stdout(), &format!("{}\n", text().trim_end())),
            Format::Json => {
                let printed = Printed { format_version: FORMAT_VERSION, entry: entry() };
                write_to(io::stdout(), &format!("{}\n", serde_json::to_string_pretty(&printed).unwrap_or_default()));
            }
            Format::Jsonl => self.line(&entry()),
        }
    }

    /// Prints a line of a stream. Other formats have none.
    pub(crate) fn stream(&mut self, entry: impl FnOnce() -> Entry) {
        if self.format == Format::Jsonl {
            self.line(&entry());
        }
    }

    fn line(&mut self, entry: &Entry) {
        if !self.has_started {
            self.has_started = true;
            let start = serde_json::to_string(&StreamStart::default()).unwrap_or_default();
            write_to(io::stdout(), &format!("{start}\n"));
        }
        write_to(io::stdout(), &format!("{}\n", serde_json::to_string(entry).unwrap_or_default()));
    }

    /// Prints progress, or what was done.
    pub(crate) fn message(&self, text: &str) {
        if !self.is_quiet {
            write_to(io::stderr(), &format!("{text}\n"));
        }
    }

    /// Prints an error on stderr, and for machines on stdout, too.
    pub(crate) fn failure(&mut self, failure: &Failure) -> Exit {
        let message = format!("{} {}\n", style::error("error:"), style::clean(&failure.message));
        let problems = failure.problems.iter().map(|problem| format!("  {}\n", style::clean(&problem.to_line())));
        let advice = failure.advice.iter().map(|advice| format!("{} {advice}\n", paint(style::BOLD, "help:")));
        let text: String = [message].into_iter().chain(problems).chain(advice).collect();
        write_to(io::stderr(), &text);
        if self.format != Format::Human {
            self.data(String::new, || Entry::error(failure));
        }
        failure.exit
    }
}

/// Prints a text that no format changes, such as completions.
pub(crate) fn raw(bytes: &[u8]) {
    write_bytes(io::stdout(), bytes);
}

/// Prints what a user has to know, also with `--quiet`.
pub(crate) fn warning(text: &str) {
    write_to(io::stderr(), &format!("warning: {text}\n"));
}

/// Prints without a line break.
pub(crate) fn draw(text: &str) {
    write_to(io::stderr(), text);
}

pub(crate) fn width() -> usize {
    terminal_size_of(io::stderr()).map_or(80, |(Width(width), _)| width.into())
}

/// A closed pipe (`vend list accounts | head`) ends the program quietly, as it does others.
fn write_to<S: RawStream + AsLockedWrite>(stream: S, text: &str) {
    let choice = AutoStream::choice(&stream);
    write_bytes(AutoStream::new(stream, choice), text.as_bytes());
}

fn write_bytes(mut stream: impl Write, bytes: &[u8]) {
    if stream.write_all(bytes).and_then(|()| stream.flush()).is_err() {
        std::process::exit(Exit::Failed.code().into());
    }
}
