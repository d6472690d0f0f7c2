//! Calls the HTTP API of account-vending, for `vend` and for xtask.
//!
//! [`Client`] signs each call with Signature Version 4, stays below the rate of the API, and repeats what failed for a
//! transient reason. A `POST` or `PUT` that starts a request has an [`IdempotencyKey`], so a repeated call is done once;
//! plans and runs of the organization need none. Lists are iterators over all pages. Responses are read tolerantly: a [`Document`] has the fields that this version knows, and
//! the whole JSON. An [`Error`] is one of a few decisions that a caller can take.
//!
//! The client blocks, and takes credentials from a [`CredentialSource`]: it depends neither on an async runtime nor on
//! the AWS SDK. TLS is the feature `https`.

mod api_url;
mod call;
mod client;
mod credentials;
mod document;
mod error;
mod error_body;
mod idempotency_key;
mod open;
mod pages;
mod query_api;
mod retry;
mod signature;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod transport;
mod types;

pub use api_url::{ApiUrl, HOME_REGION, InvalidApiUrl};
pub use aws_credential_types::Credentials;
pub use client::{Client, Submission};
pub use credentials::{CredentialError, CredentialSource};
pub use document::Document;
pub use error::{Error, NotPermitted, Refusal};
pub use idempotency_key::{IdempotencyKey, InvalidKey};
pub use open::Open;
pub use pages::{AccountFilter, Pages, RequestFilter};
pub use query_api::QueryApi;
pub use retry::{Retry, RetryPolicy};
pub use types::{
    AccountQuota, AccountSummary, AccountView, Action, BaselineView, Blocker, Failure, FieldChange,
    OrganizationBlocker, OrganizationChange, OrganizationPlan, OrganizationRun, Plan, RequestPlan, RequestSummary,
    RequestView, StepView,
};
