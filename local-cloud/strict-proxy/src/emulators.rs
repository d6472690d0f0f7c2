//! The emulators behind the proxy, and the calls that the proxy makes to them.

mod forward;
mod own_calls;

pub(crate) use forward::{Emulator, Upstreams};
