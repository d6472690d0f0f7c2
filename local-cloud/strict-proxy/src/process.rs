//! Finds the process of a caller: the platform runs each function as a process on the same machine.
//!
//! This works only on Linux. On other systems, no process is found.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unsupported;

use std::net::SocketAddr;

use tokio::sync::OnceCell;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use unsupported as system;

/// The two ends of a connection. The process is read at the first call, because a connection stays in one process.
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
    /// The start time, because process IDs are reused.
    start_time: String,
}

impl Peer {
    pub(crate) fn new(client: SocketAddr, proxy: SocketAddr) -> Self {
        Self { client, proxy, function: OnceCell::new() }
    }

    /// Returns `None` if the caller is not a function.
    pub(crate) async fn function(&self) -> Option<&FunctionProcess> {
        let (client, proxy) = (self.client, self.proxy);
        let find =
            || async move { tokio::task::spawn_blocking(move || system::find(client, proxy)).await.ok().flatten() };
        self.function.get_or_init(find).await.as_ref()
    }

    /// Kills the function. The error is the reason if it cannot be killed. Other processes are never killed.
    pub(crate) async fn kill(&self) -> Result<(), String> {
        let function = self.function().await.ok_or("the caller is not a function on this machine")?;
        system::kill(function).map_err(|error| format!("could not kill {}: {error}", function.name))
    }
}
