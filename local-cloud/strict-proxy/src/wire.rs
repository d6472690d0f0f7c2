//! The protocols of AWS: parsing requests and building responses.

mod parts;
mod pattern;
mod redacted;
mod rejection;
mod request;
pub(crate) mod response;
mod rest;
mod s3;
mod s3_control;
mod secrets;
mod xml;

pub(crate) use local_cloud::strict::AwsError;
pub(crate) use parts::query_pairs;
pub(crate) use pattern::matches;
pub(crate) use redacted::RedactedRequest;
pub(crate) use rejection::{Outcome, Rejection, respond};
pub(crate) use request::{AwsRequest, Protocol};
pub(crate) use response::AwsResponse;
pub(crate) use xml::{element, elements};
