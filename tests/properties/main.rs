//! Whatever comes from outside, no parser panics, and nothing is asked of AWS before it is understood.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any;
mod aws;
mod doors;
mod requests;
