//! Runs the deployed stack on the local cloud and looks at what then is in the emulated AWS.
//!
//! `cargo xtask test` starts the cloud and names it in `ACCOUNT_VENDING_STACK`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod adopt;
mod baseline;
mod counts;
mod doors;
mod dry_run;
mod failures;
mod idempotency;
mod notices;
mod refusals;
mod repeats;
mod roles;
mod stack;
mod sweep;
mod vend;
