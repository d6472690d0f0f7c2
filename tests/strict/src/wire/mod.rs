//! AWS's protocols: what a request asks for, and how an answer of ours looks.

pub(crate) mod answer;
mod pattern;
mod request;
mod s3;
mod secrets;
mod xml;

pub(crate) use answer::Answer;
pub(crate) use pattern::matches;
pub(crate) use request::{AwsRequest, Protocol, query_pairs};
pub(crate) use xml::{element, elements};
