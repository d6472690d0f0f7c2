//! A file of the calls that functions make, for tools that compare calls with the service models of AWS.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use hyper::http::request::Parts;
use serde::Serialize;

use crate::sync::lock;
use crate::wire::{AwsRequest, RedactedRequest};

pub(crate) struct CallsFile(Mutex<Contents>);

struct Contents {
    file: File,
    lines: HashSet<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    function: &'a str,
    service: &'a str,
    operation: &'a str,
    method: String,
    uri: String,
    headers: BTreeMap<String, String>,
    body: String,
}

impl CallsFile {
    /// Replaces an existing file.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(Contents { file: File::create(path)?, lines: HashSet::new() })))
    }

    /// Writes each distinct call once, because most workflows repeat the same calls.
    pub(crate) fn add(&self, function: &str, request: &AwsRequest, parts: &Parts, body: &[u8]) {
        let Some(RedactedRequest { method, uri, headers, body }) = RedactedRequest::from_parts(request, parts, body)
        else {
            return;
        };
        let (service, operation) = (&request.service, &request.operation);
        let line = Line { function, service, operation, method, uri, headers, body };
        if let Err(error) = self.write(&line) {
            // Standard error is the log of the proxy, and there is no other place to report this.
            let _ = writeln!(io::stderr(), "could not write to the calls file: {error}");
        }
    }

    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let mut line = serde_json::to_string(line)?;
        line.push('\n');
        let mut contents = lock(&self.0);
        if contents.lines.contains(&line) {
            return Ok(());
        }
        contents.file.write_all(line.as_bytes())?;
        contents.lines.insert(line);
        Ok(())
    }
}
