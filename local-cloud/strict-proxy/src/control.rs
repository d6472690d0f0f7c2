//! The control API. `local_cloud::strict` describes it and has a client.

mod organization;
mod outcome;
mod server;

pub(crate) use outcome::PREFIX;
pub(crate) use server::handle;
