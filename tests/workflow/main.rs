//! Runs the deployed stack on the local cloud and checks the emulated AWS.
//!
//! `cargo xtask test` starts the local cloud and sets `ACCOUNT_VENDING_STACK` to its `stack.json`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod adopt;
mod authority;
mod baseline;
mod counts;
mod entry_points;
mod failures;
mod idempotency;
mod notifications;
mod organization;
mod plan;
mod rejections;
mod resubmission;
mod roles;
mod stack;
mod sweep;
mod vend;
