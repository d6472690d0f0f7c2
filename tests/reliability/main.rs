//! Everything that AWS is known to do to a vend, done to the deployed stack on the local cloud.
//!
//! `cargo xtask test` starts a cloud with the strict proxy and a fast clock, and names it in `ACCOUNT_VENDING_STACK`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod batch;
mod chaos;
mod client;
mod crash_sweep;
mod failure_modes;
mod findings;
mod identity;
mod logs;
mod snapshot;
