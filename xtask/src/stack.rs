//! `target/local/stack.json`, which describes the running stack to tests and users.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use local_cloud::Stack;

use crate::paths;

pub(crate) fn path() -> PathBuf {
    paths::local().join("stack.json")
}

/// The running stack.
pub(crate) fn load() -> Result<Stack> {
    if !path().exists() {
        bail!("no stack is running; start one with `cargo xtask up`");
    }
    Stack::read(&path()).with_context(|| format!("read {}", paths::shown(&path())))
}

pub(crate) fn save(stack: &Stack) -> Result<()> {
    stack.write(&path()).with_context(|| format!("write {}", path().display()))
}

pub(crate) fn remove() -> Result<()> {
    match fs::remove_file(path()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", path().display()))
        }
        _ => Ok(()),
    }
}
