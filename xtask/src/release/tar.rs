//! Tar archives that are the same, byte for byte, whenever and wherever they are written from the same files.

use std::io::Write;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

const BLOCK: usize = 512;
/// How long a path can be without an extension of the format.
const MAXIMUM_PATH: usize = 99;

/// A file of an archive.
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) content: Vec<u8>,
    pub(super) is_executable: bool,
}

/// The files as `.tar.gz`, in the ustar format, without times and owners.
pub(super) fn tar_gz(entries: &[Entry], compression: Compression) -> Result<Vec<u8>> {
    let mut archive = GzEncoder::new(Vec::new(), compression);
    for entry in entries {
        archive.write_all(&header(entry)?).with_context(|| format!("pack {}", entry.path))?;
        archive.write_all(&entry.content).with_context(|| format!("pack {}", entry.path))?;
        archive.write_all(&vec![0; entry.content.len().next_multiple_of(BLOCK) - entry.content.len()])?;
    }
    // The end of an archive is two empty blocks.
    archive.write_all(&[0; 2 * BLOCK])?;
    archive.finish().context("finish the archive")
}

/// The fields are at fixed places: <https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html>.
fn header(entry: &Entry) -> Result<[u8; BLOCK]> {
    ensure!(entry.path.len() <= MAXIMUM_PATH, "the path {} is too long for an archive", entry.path);
    let mode = if entry.is_executable { "0000755" } else { "0000644" };
    let size = format!("{:011o}", entry.content.len());
    let mut header = [0; BLOCK];
    let fields: [(usize, &str); 8] = [
        (0, &entry.path),
        (100, mode),
        (108, "0000000"),
        (116, "0000000"),
        (124, &size),
        (136, "00000000000"),
        (148, "        "),
        (156, "0"),
    ];
    for (start, field) in fields {
        put(&mut header, start, field);
    }
    put(&mut header, 257, "ustar");
    put(&mut header, 263, "00");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut header, 148, &format!("{sum:06o}\0 "));
    Ok(header)
}

fn put(header: &mut [u8; BLOCK], start: usize, field: &str) {
    header[start..start + field.len()].copy_from_slice(field.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn sample() -> Vec<Entry> {
        let entry =
            |path: &str, content: Vec<u8>, is_executable| Entry { path: path.to_owned(), content, is_executable };
        vec![entry("vend/vend", vec![b'x'; 700], true), entry("vend/LICENSE", b"Apache".to_vec(), false)]
    }

    #[test]
    fn same_files_make_the_same_archive() {
        let archive = || tar_gz(&sample(), Compression::default()).unwrap();
        assert_eq!(archive(), archive());
    }

    #[test]
    fn tar_reads_the_archive() {
        let archive = tar_gz(&sample(), Compression::default()).unwrap();
        let mut tar = Command::new("tar");
        let tar = tar.args(["--list", "--verbose", "--gzip", "--utc", "--numeric-owner"]).env("LC_ALL", "C");
        let mut tar = tar.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        tar.stdin.take().unwrap().write_all(&archive).unwrap();
        let listed = String::from_utf8(tar.wait_with_output().unwrap().stdout).unwrap();
        let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["-rwxr-xr-x", "0/0", "700", "1970-01-01", "00:00", "vend/vend"]);
        assert_eq!(lines[1], ["-rw-r--r--", "0/0", "6", "1970-01-01", "00:00", "vend/LICENSE"]);
    }

    #[test]
    fn long_path_is_rejected() {
        let entry = Entry { path: "x".repeat(100), content: Vec::new(), is_executable: false };
        assert!(tar_gz(&[entry], Compression::default()).is_err());
    }
}
