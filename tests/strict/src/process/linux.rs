//! Connections and processes, as `/proc` shows them.

use std::fmt::Write;
use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::FunctionProcess;

/// What every function's executable is called, here as on AWS.
const EXECUTABLE: &str = "bootstrap";

pub(super) fn find(client: SocketAddr, proxy: SocketAddr) -> Option<FunctionProcess> {
    let socket = PathBuf::from(format!("socket:[{}]", inode(client, proxy)?));
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let mut functions = entries.filter_map(|entry| function(entry.file_name().to_str()?.parse().ok()?));
    functions.find(|function| holds(function.id, &socket))
}

/// SIGKILL: no handler runs, nothing is told to anybody.
pub(super) fn kill(function: &FunctionProcess) -> io::Result<()> {
    let id = i32::try_from(function.id).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
    // From here on it is one process, whoever gets its id next.
    let process = pidfd_open(id, PidfdFlags::empty())?;
    if started(function.id).as_ref() != Some(&function.started) {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(pidfd_send_signal(process, Signal::KILL)?)
}

fn inode(client: SocketAddr, proxy: SocketAddr) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    tables.into_iter().find_map(|table| inode_in(&fs::read_to_string(table).ok()?, client, proxy))
}

/// Of the connection's end at the client. The table may be long, so it is searched and not read.
fn inode_in(table: &str, client: SocketAddr, proxy: SocketAddr) -> Option<String> {
    let ends = |as_v6| format!(" {} {} ", hexadecimal(client, as_v6), hexadecimal(proxy, as_v6));
    let (_, rest) = table.split_once(&ends(false)).or_else(|| table.split_once(&ends(true)))?;
    // st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
    rest.split_whitespace().nth(6).map(str::to_owned)
}

/// As the kernel writes it: the bytes of each word in the machine's own order.
fn hexadecimal(address: SocketAddr, as_v6: bool) -> String {
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

/// None of a process that is no function.
fn function(id: u32) -> Option<FunctionProcess> {
    let folder = folder(id);
    if fs::read_link(folder.join("exe")).ok()?.file_name()? != EXECUTABLE {
        return None;
    }
    let environment = fs::read(folder.join("environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let name = variables.find_map(|variable| variable.strip_prefix(b"AWS_LAMBDA_FUNCTION_NAME="))?;
    Some(FunctionProcess { name: String::from_utf8_lossy(name).into_owned(), id, started: started(id)? })
}

fn holds(id: u32, socket: &Path) -> bool {
    let files = fs::read_dir(folder(id).join("fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| target == socket)
}

/// `pid (any name) state ppid …`: the start time is field 22.
fn started(id: u32) -> Option<String> {
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
    fn a_connection_is_found_in_the_tables() {
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
    fn this_process_holds_its_connection_and_is_no_function() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (client, proxy) = (connection.local_addr().unwrap(), connection.peer_addr().unwrap());
        let socket = format!("socket:[{}]", inode(client, proxy).unwrap());
        assert!(holds(std::process::id(), Path::new(&socket)));
        assert!(find(client, proxy).is_none());
    }

    #[test]
    fn a_process_that_only_has_the_id_of_a_function_is_not_killed() {
        let (name, id) = ("gone".to_owned(), std::process::id());
        assert!(kill(&FunctionProcess { name, id, started: "1".to_owned() }).is_err());
    }
}
