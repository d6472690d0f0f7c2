//! Runs `vend` against a server on loopback that responds as the API does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod api;
mod configuration;
mod credentials;
mod harness;
mod help;
mod interruption;
mod lists;
mod organization;
mod organization_apply;
mod organization_plan;
mod output;
mod request;
mod show;
mod watch;
