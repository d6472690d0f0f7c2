//! A manifest that `vend` sends: its file with the documents next to it, and what a plan says about it.

mod manifest_file;
mod text;

pub(crate) use manifest_file::ManifestFile;
pub(crate) use text::{changes, note, notes, plan};
