//! The control API, from both sides.

pub(crate) mod client;
pub(crate) mod server;
