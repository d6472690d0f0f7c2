//! The deployed stack on the local cloud, as tests use it: its API, and the emulated AWS behind it.
//!
//! `cargo xtask up --strict` starts the cloud; `ACCOUNT_VENDING_STACK` names the `target/local/stack.json` that it writes.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::missing_panics_doc, reason = "whatever fails panics")]

mod api;
mod cloud;
mod function;
mod logs;
mod stack;
mod wire;

pub use api::{Answer, Caller, email, full_request, pause, request, unique};
pub use cloud::{Cloud, key_of};
pub use stack::stack_event;
pub use wire::Wire;
