//! Systems that don't tell whose a connection is.

use std::io;
use std::net::SocketAddr;

use super::FunctionProcess;

pub(super) fn find(_client: SocketAddr, _proxy: SocketAddr) -> Option<FunctionProcess> {
    None
}

pub(super) fn kill(_function: &FunctionProcess) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
