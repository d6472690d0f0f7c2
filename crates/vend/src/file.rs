//! Files that people write: requests and manifests.

use std::fs;
use std::io;
use std::path::Path;

use vending_manifest::Source;

use crate::failure::Failure;

const STDIN: &str = "-";

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// The name of a file for messages, and its text. `-` is stdin.
pub(crate) fn read(path: &Path) -> Result<(String, String), Failure> {
    let (name, text) = if is_stdin(path) {
        ("stdin".to_owned(), io::read_to_string(io::stdin()))
    } else {
        (path.display().to_string(), fs::read_to_string(path))
    };
    match text {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Failure::usage(format!("could not read {name}: {error}"))),
    }
}

/// Parses YAML or JSON, which is YAML.
pub(crate) fn parse(name: &str, text: &str) -> Result<Source, Failure> {
    Source::parse(name, text).map_err(|diagnostic| Failure::usage(diagnostic.to_string()))
}
