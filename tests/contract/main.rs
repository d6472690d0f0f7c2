//! Holds together what no compiler checks: the Rust types, the ASL, template.yaml and the sample events.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asl;
mod failure_modes;
mod layout;
mod payloads;
mod permissions;
mod product;
mod project;
mod request_bodies;
mod schemas;
mod template;
