//! The policies in `organization/policies`, on the example of a manifest next to them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cases;
mod exemptions;
mod guides;
mod mutations;
mod organization;
mod pages;
mod regions;
mod roles;
mod shipped;
