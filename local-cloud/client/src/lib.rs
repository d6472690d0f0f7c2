//! The one way to reach the local cloud, for xtask, the tests, and the strict proxy.
//!
//! [`Stack`] has its endpoints. [`ApiClient`] calls the deployed API, [`AwsClient`] the emulated AWS, and [`strict`]
//! describes the control API of the strict proxy. [`sign`] signs all of these calls.

mod api;
mod aws;
mod function_credentials;
mod http_client;
mod signature;
mod stack;
pub mod strict;
#[cfg(test)]
mod testing;

pub use api::{ApiClient, ApiResponse};
pub use aws::{AwsClient, CallError, JsonService};
pub use aws_credential_types::Credentials;
pub use function_credentials::FunctionCredentials;
pub use http_client::{HttpClient, HttpError};
pub use signature::{REGION, Scope, SigningError, root_credentials, sign};
pub use stack::Stack;
