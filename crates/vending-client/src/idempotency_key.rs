//! The header `Idempotency-Key`.

use std::fmt;
use std::str::FromStr;

const MAXIMUM_LENGTH: usize = 255;

/// Calls with the same key are done once. For 24 hours, the API returns the response of the first.
///
/// So a key belongs to one intention: a call that is repeated because its response was lost has the key of the first,
/// and the next attempt after a failure has another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdempotencyKey(String);

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an idempotency key must have 1 to {MAXIMUM_LENGTH} printable ASCII characters")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// A key that no other call has.
    pub fn random() -> Self {
        Self(format!("{:032x}", fastrand::u128(..)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let is_printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let is_valid = is_printable && (1..=MAXIMUM_LENGTH).contains(&text.len()) && text.trim() == text;
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidKey) }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_keys_are_valid_and_differ() {
        let (one, other) = (IdempotencyKey::random(), IdempotencyKey::random());
        assert_ne!(one, other);
        assert_eq!(one.as_str().parse(), Ok(one.clone()));
    }

    #[test]
    fn invalid_key_is_rejected() {
        for key in ["", " ", "a\n", "ä", &"x".repeat(256)] {
            assert_eq!(key.parse::<IdempotencyKey>(), Err(InvalidKey), "{key:?}");
        }
    }
}
