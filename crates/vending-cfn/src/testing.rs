//! A server on the loopback interface that receives responses, as S3 does for CloudFormation.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::ResponseUrl;

/// An HTTP server that stores the responses that it receives.
#[derive(Debug)]
pub struct ResponseServer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    server: JoinHandle<()>,
}

/// A received request: its request line and headers, and its body as JSON.
#[derive(Clone, Debug)]
pub struct Received {
    pub head: String,
    pub body: Value,
}

impl ResponseServer {
    /// Starts the server, which returns this status for every request.
    pub fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let requests = Arc::clone(&received);
        let server = std::thread::spawn(move || {
            for connection in listener.incoming() {
                let Some(request) = exchange(connection.unwrap(), status) else { return };
                requests.lock().unwrap().push(request);
            }
        });
        Self { address, received, server }
    }

    /// The value for the stack parameter `LocalResponseUrlPrefix`.
    pub fn prefix(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn url(&self, path: &str) -> ResponseUrl {
        ResponseUrl::new(format!("{}{path}", self.prefix()))
    }

    /// Stops the server, and returns all requests that it received.
    pub fn close(self) -> Vec<Received> {
        // An empty request stops the server.
        drop(TcpStream::connect(self.address).unwrap());
        self.server.join().unwrap();
        self.received.lock().unwrap().clone()
    }
}

fn exchange(connection: TcpStream, status: u16) -> Option<Received> {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap() == 0 {
            return None;
        }
    }
    let header = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned);
    let length: usize = head.lines().find_map(header).map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let response =
        format!("HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    reader.into_inner().write_all(response.as_bytes()).unwrap();
    Some(Received { head, body: serde_json::from_slice(&body).unwrap_or_default() })
}
