//! The IDs of plans and manifests.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::{OffsetDateTime, UtcOffset};

use crate::id::{InvalidId, text_id};
use crate::schema;

text_id! {
    /// The ID of a plan, and of the run that applies it: when the plan was requested, and eight digits that differ for
    /// plans of the same second.
    PlanId, "pattern" = schema::PLAN_ID
}

impl PlanId {
    /// The same manifest at another time is another plan: the organization may have changed in between.
    pub fn new(requested_at: OffsetDateTime, manifest: &ManifestDigest) -> Self {
        let at = requested_at.to_offset(UtcOffset::UTC);
        let (date, time) = ((at.year(), u8::from(at.month()), at.day()), at.to_hms());
        Self(format!(
            "{:04}{:02}{:02}t{:02}{:02}{:02}z-{}",
            date.0,
            date.1,
            date.2,
            time.0,
            time.1,
            time.2,
            &HEXLOWER.encode(&Sha256::digest(format!("{manifest} {}", at.nanosecond())))[..DIGEST_CHARACTERS]
        ))
    }
}

const DIGEST_CHARACTERS: usize = 8;

impl FromStr for PlanId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let has_form = |(date, time, digest): (&str, &str, &str)| {
            is_digits(date, 8) && is_digits(time, 6) && is_hex(digest, DIGEST_CHARACTERS)
        };
        let parts = text.split_once('t').and_then(|(date, rest)| {
            let (time, digest) = rest.split_once("z-")?;
            Some((date, time, digest))
        });
        if parts.is_some_and(has_form) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidId(format!("`{text}` is not a valid plan ID: expected one like 20261130t140102z-0a1b2c3d")))
    }
}

text_id! {
    /// The SHA-256 digest of a manifest document, in hexadecimal.
    ManifestDigest, "pattern" = schema::SHA256
}

impl ManifestDigest {
    /// The digest of a stored document.
    pub fn from_bytes(document: &[u8]) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(document)))
    }

    /// The key of the document in the records bucket.
    pub fn key(&self) -> String {
        format!("organization/manifests/{self}.json")
    }
}

impl FromStr for ManifestDigest {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if is_hex(text, 64) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidId(format!("`{text}` is not a SHA-256 digest: expected 64 hexadecimal digits in lower case")))
    }
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn plan_id_has_the_time_and_is_unique() {
        let digest = ManifestDigest::from_bytes(b"{}");
        let at = OffsetDateTime::UNIX_EPOCH + Duration::seconds(61);
        let id = PlanId::new(at.to_offset(UtcOffset::from_hms(2, 0, 0).unwrap()), &digest);
        assert!(id.as_str().starts_with("19700101t000101z-"), "{id}");
        assert_ne!(id, PlanId::new(at + Duration::milliseconds(1), &digest));
        assert_ne!(id, PlanId::new(at, &ManifestDigest::from_bytes(b"[]")));
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn plan_id_has_one_spelling() {
        for wrong in [
            "",
            "20261130t140102z",
            "20261130t140102z-0A1B2C3D",
            "20261130T140102Z-0a1b2c3d",
            "20261130t140102z-0a1b2c3d0",
            "20261130t140102z-0a1b2c3",
            "20261130t140102z-0a1b2c3d/..",
            "2026113t140102z-0a1b2c3d",
            "nsitwn5ke2shymhizrnj-1",
            "111122223333",
            "../runs/x",
        ] {
            assert!(wrong.parse::<PlanId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn digest_is_64_hexadecimal_digits() {
        let digest = ManifestDigest::from_bytes(b"");
        assert_eq!(digest.as_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(digest.key(), format!("organization/manifests/{digest}.json"));
        for wrong in ["", "e3b0", &"E".repeat(64), &"é".repeat(32), "../../settings"] {
            assert!(wrong.parse::<ManifestDigest>().is_err(), "{wrong}");
        }
    }
}
