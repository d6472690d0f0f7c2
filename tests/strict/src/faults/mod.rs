//! Faults that a test sets for the calls it names.

mod rewrite;
mod rule;
mod rules;

pub(crate) use rewrite::rewritten;
pub use rule::{AwsError, Fault, Rule};
pub use rules::RuleStatus;
pub(crate) use rules::Rules;
