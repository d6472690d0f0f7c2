//! The strict proxy: stands between our functions and the emulators, and closes part of the distance to AWS.
//!
//! It passes every call on unchanged, except where an emulator is laxer than AWS (`organizations`) or a test
//! has set a fault (`rules`), and it records every call (`recorder`) for the tests to look at (`client`).

mod answer;
mod call;
mod client;
mod control;
mod forward;
mod organizations;
mod proxy;
mod recorder;
mod rules;
mod s3;
mod sessions;

pub use call::Call;
pub use client::{StrictClient, StrictError};
pub use organizations::Settings;
pub use proxy::{Config, serve};
pub use rules::{AwsError, Fault, Rule};
