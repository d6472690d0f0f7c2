//! Input from outside: no parser panics, and no AWS call is made before the input is valid.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any;
mod aws;
mod entry_points;
mod requests;
