//! A request that `vend` sends: its body, what is wrong with it, and what it would do.

mod body;
mod check;
mod plan;

pub(crate) use body::Body;
pub(crate) use check::problems;
pub(crate) use plan::{RequestEffect, effect, text};
