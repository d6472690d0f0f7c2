//! What the functions of the HTTP API share: they read bodies and callers in the same way, and respond in the same way.
//!
//! A function of the API returns every response itself, also for errors: an error of the function is a 502 for the
//! caller.

mod body;
mod caller;
mod location;
#[cfg(feature = "schema")]
pub mod openapi;
mod parameters;
mod response;

pub use body::read_json_up_to;
pub use caller::{Principals, caller};
pub use location::with_base_path;
pub use parameters::{
    INVALID_TOKEN, Parameters, from_token, limit, query_problem, reject_all, reject_unknown, to_token, valid,
};
pub use response::{ApiError, ProblemDocument, Response, accepted, json, response, with_retry_after};
