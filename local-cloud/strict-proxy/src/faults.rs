//! Faults that a test injects into the calls that match a rule.

mod matching;
mod rewrite;
mod rules;

pub(crate) use rewrite::rewrite_field;
pub(crate) use rules::Rules;
