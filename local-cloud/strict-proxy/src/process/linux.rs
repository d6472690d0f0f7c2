//! Finds connections and processes in `/proc`.

use std::fmt::Write;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::FunctionProcess;

/// The name of every function's executable, as in AWS Lambda.
const EXECUTABLE: &str = "bootstrap";

pub(super) fn find(client: SocketAddr, proxy: SocketAddr) -> Option<FunctionProcess> {
    let socket = PathBuf::from(format!("socket:[{}]", inode(client, proxy)?));
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let mut ids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    // Newest first, because a function connects when it starts.
    ids.sort_unstable_by(|one, other| other.cmp(one));
    ids.into_iter().filter_map(function).find(|function| has_socket(function.id, &socket))
}

/// Sends SIGKILL.
pub(super) fn kill(function: &FunctionProcess) -> io::Result<()> {
    let id = i32::try_from(function.id).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
    // The descriptor identifies this process even if its ID is reused.
    let process = pidfd_open(id, PidfdFlags::empty())?;
    if start_time(function.id).as_ref() != Some(&function.start_time) {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(pidfd_send_signal(process, Signal::KILL)?)
}

fn inode(client: SocketAddr, proxy: SocketAddr) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    tables.into_iter().find_map(|table| inode_in(&fs::read_to_string(table).ok()?, client, proxy))
}

/// The inode of the client's end of the connection. The table can be long, so only the matching line is parsed.
fn inode_in(table: &str, client: SocketAddr, proxy: SocketAddr) -> Option<String> {
    let ends = |as_v6| format!(" {} {} ", kernel_address(client, as_v6), kernel_address(proxy, as_v6));
    let (_, rest) = table.split_once(&ends(false)).or_else(|| table.split_once(&ends(true)))?;
    // st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
    rest.split_whitespace().nth(6).map(str::to_owned)
}

/// Formats an address as the kernel does: each word in native byte order.
fn kernel_address(address: SocketAddr, as_v6: bool) -> String {
    let octets = match address.ip() {
        IpAddr::V4(v4) if as_v6 => v4.to_ipv6_mapped().octets().to_vec(),
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    let mut text = String::new();
    for word in octets.as_chunks::<4>().0 {
        // Writing to a string cannot fail.
        let _ = write!(text, "{:08X}", u32::from_ne_bytes(*word));
    }
    format!("{text}:{:04X}", address.port())
}

/// Returns `None` if the process is not a function.
fn function(id: u32) -> Option<FunctionProcess> {
    let folder = folder(id);
    if fs::read_link(folder.join("exe")).ok()?.file_name()? != EXECUTABLE {
        return None;
    }
    let environment = fs::read(folder.join("environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let name = variables.find_map(|variable| variable.strip_prefix(b"AWS_LAMBDA_FUNCTION_NAME="))?;
    Some(FunctionProcess { name: String::from_utf8_lossy(name).into_owned(), id, start_time: start_time(id)? })
}

fn has_socket(id: u32, socket: &Path) -> bool {
    let files = fs::read_dir(folder(id).join("fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| target == socket)
}

/// The start time is field 22 of `pid (any name) state ppid …`.
fn start_time(id: u32) -> Option<String> {
    let stat = fs::read_to_string(folder(id).join("stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

fn folder(id: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{id}"))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn connection_is_found_in_both_tables() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:11D7 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 111 1 0 20 4 30 10 -1
   1: 0100007F:C001 0100007F:11D7 01 00000000:00000000 00:00000000 00000000  1000        0 222 1 0 20 4 30 10 -1
";
        let mapped = table.replace("0100007F", "0000000000000000FFFF00000100007F");
        let [client, proxy] = ["127.0.0.1:49153", "127.0.0.1:4567"].map(|address| address.parse().unwrap());
        if cfg!(target_endian = "little") {
            assert_eq!(inode_in(table, client, proxy).as_deref(), Some("222"));
            assert_eq!(inode_in(&mapped, client, proxy).as_deref(), Some("222"));
        }
        assert_eq!(inode_in(table, client, client), None);
    }

    #[test]
    fn own_process_is_not_found_as_a_function() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (client, proxy) = (connection.local_addr().unwrap(), connection.peer_addr().unwrap());
        let socket = format!("socket:[{}]", inode(client, proxy).unwrap());
        assert!(has_socket(std::process::id(), Path::new(&socket)));
        assert!(find(client, proxy).is_none());
    }

    #[test]
    fn reused_process_id_is_not_killed() {
        let (name, id) = ("gone".to_owned(), std::process::id());
        assert!(kill(&FunctionProcess { name, id, start_time: "1".to_owned() }).is_err());
    }
}
