//! AWS's protocols: what a request asks for, and how an answer of ours looks.

pub(crate) mod answer;
mod pattern;
mod request;
mod rest;
mod s3;
mod s3_control;
mod secrets;
mod xml;

pub(crate) use answer::Answer;
pub(crate) use pattern::matches;
pub(crate) use request::{AwsRequest, Protocol, query_pairs};
pub(crate) use xml::{element, elements};
