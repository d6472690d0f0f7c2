//! Zip archives that are the same, byte for byte, whenever and wherever they are written from the same files.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter};

/// A file of an archive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
    pub(crate) compression: Compression,
    pub(crate) is_executable: bool,
}

impl File {
    pub(crate) fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        let (path, content) = (path.into(), content.into());
        Self { path, content, compression: Compression::default(), is_executable: false }
    }

    /// With the type of a regular file, which some programs look for before they set permissions.
    fn unix_mode(&self) -> u32 {
        if self.is_executable { 0o100_755 } else { 0o100_644 }
    }
}

/// The files, in `folder` of the archive unless that is empty.
pub(crate) fn zip(folder: &str, files: &[File]) -> Result<Vec<u8>> {
    let mut output = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut output);
    for file in files {
        let path = if folder.is_empty() { file.path.clone() } else { format!("{folder}/{}", file.path) };
        write(&mut archive, &path, file).with_context(|| format!("pack {path}"))?;
    }
    archive.finish().context("finish the archive")?;
    Ok(output)
}

fn write(archive: &mut ZipArchiveWriter<impl Write>, path: &str, file: &File) -> Result<()> {
    // The earliest time that zip can tell. The time of a build would make each archive different.
    let time = UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0).context("make the time of a file")?;
    let entry = archive.new_file(path).last_modified(time).unix_permissions(file.unix_mode());
    let (mut entry, config) = entry.compression_method(CompressionMethod::DEFLATE).start()?;
    let mut writer = config.wrap(DeflateEncoder::new(&mut entry, file.compression));
    writer.write_all(&file.content)?;
    let (encoder, descriptor) = writer.finish()?;
    encoder.finish()?;
    entry.finish(descriptor)?;
    Ok(())
}

/// Writes the files of an archive that [`zip`] made below `folder`, and checks each against its checksum.
pub(crate) fn unpack(archive: &[u8], folder: &Path) -> Result<()> {
    let archive = ZipArchive::from_slice(archive).context("read the archive")?;
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().context("read the archive")? {
        let path = folder.join(entry.file_path().try_normalize().context("read the archive")?.as_ref());
        let content = archive.get_entry(entry.wayfinder()).context("read the archive")?;
        let mut unpacked = Vec::new();
        let mut reader = content.verifying_reader(DeflateDecoder::new(content.data()));
        reader.read_to_end(&mut unpacked).with_context(|| format!("unpack {}", path.display()))?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        }
        fs::write(&path, unpacked).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn sample() -> Vec<File> {
        let readme = File { compression: Compression::none(), ..File::new("docs/README.txt", "Read this.\n") };
        let bootstrap = File { is_executable: true, ..File::new("bootstrap", "\u{7f}ELF".repeat(1000)) };
        vec![readme, bootstrap]
    }

    #[test]
    fn same_files_make_the_same_archive() {
        assert_eq!(zip("package", &sample()).unwrap(), zip("package", &sample()).unwrap());
    }

    #[test]
    fn files_keep_their_mode_and_have_a_fixed_time() {
        let archive = zip("", &sample()).unwrap();
        let archive = ZipArchive::from_slice(&archive).unwrap();
        let mut entries = archive.entries();
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().unwrap() {
            assert_eq!(entry.last_modified().year(), 1980);
            found.push((entry.file_path().try_normalize().unwrap().as_ref().to_owned(), entry.mode().value()));
        }
        assert_eq!(found, [("docs/README.txt".into(), 0o100_644), ("bootstrap".into(), 0o100_755)]);
    }

    fn temporary(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("account-vending-{name}-{}", std::process::id()))
    }

    #[test]
    fn unpacked_files_are_those_that_were_packed() {
        let folder = temporary("archive");
        unpack(&zip("package", &sample()).unwrap(), &folder).unwrap();
        for file in sample() {
            assert_eq!(fs::read(folder.join("package").join(&file.path)).unwrap(), file.content, "{}", file.path);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn damaged_archive_is_rejected() {
        let mut archive = zip("package", &sample()).unwrap();
        let damaged = archive.windows(4).position(|bytes| bytes == b"Read").unwrap();
        archive[damaged] ^= 0xff;
        assert!(unpack(&archive, &temporary("damaged")).is_err());
    }
}
