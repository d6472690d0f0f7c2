//! Colors. Each only underlines a word.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const BUSY: Style = AnsiColor::Cyan.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();

/// A word of the API, such as `VENDED`, padded and colored by what it means.
pub(crate) fn state(word: &str, width: usize) -> String {
    let style = match word {
        "VENDED" | "SUCCEEDED" | "ACTIVE" => GOOD,
        "FAILED" | "EXPIRED" | "REFUSE" | "CLOSED" | "GONE" => BAD,
        "IN_PROGRESS" | "RETRYING" | "PENDING_ACTIVATION" => BUSY,
        "SUSPENDED" | "PENDING_CLOSURE" => ODD,
        _ => Style::new(),
    };
    paint(style, format_args!("{word:<width$}"))
}

pub(crate) fn error(text: &str) -> String {
    paint(BAD.bold(), text)
}

/// What the API returned, without what would move the cursor or change the terminal.
pub(crate) fn clean(text: &str) -> String {
    text.replace(|letter: char| letter.is_control() && letter != '\n', " ")
}

pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
