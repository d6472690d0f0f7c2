//! Systems on which the process of a connection cannot be found.

use std::io;
use std::net::SocketAddr;

use super::FunctionProcess;

pub(super) fn find(_client: SocketAddr, _proxy: SocketAddr) -> Option<FunctionProcess> {
    None
}

pub(super) fn kill(_function: &FunctionProcess) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
