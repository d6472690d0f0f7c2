//! Checks that the Rust types, the ASL, template.yaml, the sample events, and the documents agree.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asl;
mod failure_modes;
mod layout;
mod links;
mod pagination;
mod payloads;
mod permissions;
mod product;
mod project;
mod request_bodies;
mod schemas;
mod template;
mod words;
