//! A server on loopback that stands for the API in tests.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use aws_credential_types::Credentials;
use serde_json::{Value, json};

/// How long a test waits for a call.
const PATIENCE: Duration = Duration::from_secs(20);

/// Credentials that sign, and that no one accepts.
pub fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", Some("token".to_owned()), None, "test")
}

/// A call that the server received.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Received {
    /// Method, path, and query, such as `GET /v1/accounts?limit=100`.
    pub line: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A response of the server.
#[derive(Clone, Debug)]
pub enum Reply {
    Json(u16, Value),
    /// With the header `Retry-After`.
    Later(u16, u32, Value),
    Xml(String),
    /// Closes the connection without a response.
    HangUp,
    /// Never responds, and keeps the connection.
    Silence,
}

impl Reply {
    pub fn ok(body: Value) -> Self {
        Self::Json(200, body)
    }

    /// As the API accepts a request.
    pub fn accepted(request_id: &str) -> Self {
        Self::Json(202, json!({ "requestId": request_id, "status": "IN_PROGRESS" }))
    }

    /// A problem document.
    pub fn problem(status: u16, detail: &str) -> Self {
        Self::Json(status, json!({ "type": "about:blank", "title": "Problem", "status": status, "detail": detail }))
    }
}

/// The server. It ends with the test's process.
#[derive(Clone, Debug)]
pub struct FakeApi {
    url: String,
    calls: Arc<(Mutex<Vec<Received>>, Condvar)>,
}

impl FakeApi {
    /// Starts a server that responds to each call with `reply`, which also gets how many calls of this line came
    /// before.
    pub fn start(reply: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let server = Self { url, calls: Arc::default() };
        let (accepting, reply) = (server.clone(), Arc::new(reply));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, reply) = (accepting.clone(), Arc::clone(&reply));
                thread::spawn(move || server.serve(&stream, reply.as_ref()));
            }
        });
        Ok(server)
    }

    /// The URL of the API, with its stage.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn calls(&self) -> Vec<Received> {
        self.locked().clone()
    }

    /// The method, path, and query of each call.
    pub fn lines(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.line).collect()
    }

    /// Waits until the server has received a number of calls. Returns whether it did.
    pub fn has_received(&self, count: usize) -> bool {
        let calls = self.calls.1.wait_timeout_while(self.locked(), PATIENCE, |calls| calls.len() < count);
        !calls.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Received>> {
        self.calls.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream, reply: &(impl Fn(&Received, usize) -> Reply + ?Sized)) {
        let Ok(received) = read(stream) else { return };
        let before = {
            let mut calls = self.locked();
            let before = calls.iter().filter(|call| call.line == received.line).count();
            calls.push(received.clone());
            self.calls.1.notify_all();
            before
        };
        // A client that was killed does not read the response.
        let _ = respond(stream, reply(&received, before));
    }
}

fn read(stream: &TcpStream) -> io::Result<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut received =
        Received { line: line.trim_end().trim_end_matches(" HTTP/1.1").to_owned(), ..Received::default() };
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        received.headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = received.headers.get("content-length").and_then(|length| length.parse().ok());
    reader.take(length.unwrap_or(0)).read_to_string(&mut received.body)?;
    if received.line.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(received) }
}

fn respond(mut stream: &TcpStream, reply: Reply) -> io::Result<()> {
    let (status, header, body) = match reply {
        Reply::Json(status, body) => (status, String::new(), body.to_string()),
        Reply::Later(status, seconds, body) => (status, format!("retry-after: {seconds}\r\n"), body.to_string()),
        Reply::Xml(body) => (200, String::new(), body),
        Reply::HangUp => return Ok(()),
        Reply::Silence => loop {
            thread::park();
        },
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n{body}"
    )
}
