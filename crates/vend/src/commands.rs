//! The commands, one in each file.

pub(crate) mod completions;
pub(crate) mod configure;
mod describe;
pub(crate) use describe::step_line;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod organization;
pub(crate) mod request;
pub(crate) mod show;
pub(crate) mod watch;
pub(crate) mod whoami;
