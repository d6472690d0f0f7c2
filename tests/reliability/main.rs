//! Injects the failures that are known from AWS into vends of the deployed stack on the local cloud.
//!
//! `cargo xtask test` starts a local cloud with the strict proxy and a fast clock, and sets `ACCOUNT_VENDING_STACK` to
//! its `stack.json`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod batch;
mod build_sweep;
mod chaos;
mod client;
mod crash_sweep;
mod failure_modes;
mod findings;
mod identity;
mod logs;
mod snapshot;
