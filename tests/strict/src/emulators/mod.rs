//! The emulators behind the proxy: callers' calls go on to them, and the proxy asks them itself.

mod forward;
mod own;

pub(crate) use forward::{Upstreams, client};
pub(crate) use own::{Emulator, Scope};
