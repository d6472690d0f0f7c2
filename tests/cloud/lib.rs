//! The deployed stack on the local cloud, as tests use it: its API, and the emulated AWS behind it.
//!
//! `cargo xtask up --strict` starts the local cloud. `ACCOUNT_VENDING_STACK` is the path of the
//! `target/local/stack.json` that it writes.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::missing_panics_doc, reason = "helpers of tests panic")]

mod caller;
mod cloud;
mod function;
mod identity_center;
mod logs;
mod organization;
mod plans;
mod requests;
mod stack;
mod wait;
mod wire;

pub use caller::Caller;
pub use cloud::{Cloud, key_of};
pub use identity_center::IdentityCenter;
pub use local_cloud::ApiResponse;
pub use organization::{local_manifest, manifest_with_parts};
pub use plans::change_names;
pub use requests::{email, full_request, request, unique};
pub use stack::{StackEvents, stack_event};
pub use wait::{pause, wait_for};
pub use wire::Wire;

/// The governed Regions of the local cloud.
pub const REGIONS: [&str; 3] = ["us-east-1", "eu-central-1", "eu-west-1"];
