//! Whose process is at the other end of a connection: the platform runs each function as a process of this machine.
//!
//! Only Linux tells. Elsewhere nobody is found, and nobody can be killed.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

use std::net::SocketAddr;

use tokio::sync::OnceCell;

#[cfg(not(target_os = "linux"))]
use elsewhere as system;
#[cfg(target_os = "linux")]
use linux as system;

/// The two ends of a connection. Asked for at its first call, and kept: a connection stays in one process.
pub(crate) struct Peer {
    client: SocketAddr,
    proxy: SocketAddr,
    function: OnceCell<Option<FunctionProcess>>,
}

/// A running function.
#[derive(Clone, Debug)]
pub(crate) struct FunctionProcess {
    pub(crate) name: String,
    id: u32,
    /// When it started: its id alone may be somebody else's by now.
    started: String,
}

impl Peer {
    pub(crate) fn new(client: SocketAddr, proxy: SocketAddr) -> Self {
        Self { client, proxy, function: OnceCell::new() }
    }

    /// None of a caller that is no function.
    pub(crate) async fn function(&self) -> Option<&FunctionProcess> {
        let (client, proxy) = (self.client, self.proxy);
        let look =
            || async move { tokio::task::spawn_blocking(move || system::find(client, proxy)).await.ok().flatten() };
        self.function.get_or_init(look).await.as_ref()
    }

    /// Ends the function in the middle of what it does. `Err` says why not; nothing but a function is ever killed.
    pub(crate) async fn kill(&self) -> Result<(), String> {
        let function = self.function().await.ok_or("the caller is not the process of a function on this machine")?;
        system::kill(function).map_err(|error| format!("{} cannot be killed: {error}", function.name))
    }
}
