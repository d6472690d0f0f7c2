//! What holds for all creations.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::wire::matches;

/// What a test may set. What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// How long a creation is in progress; 1000 at start. For creations from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_millis: Option<u64>,
    /// Emails of AWS accounts outside the organization, in which a `*` stands for any text. Added to the known ones,
    /// since tests run side by side.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub strangers: BTreeSet<String>,
}

/// How many accounts AWS makes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// At a time; none for as many as are asked for.
    pub creations_in_flight: Option<usize>,
    /// In the organization, with its management account; none for any number.
    pub accounts: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { creations_in_flight: Some(5), accounts: None }
    }
}

impl Settings {
    /// What people report: mostly well below a minute.
    pub(crate) fn as_on_aws() -> Self {
        Self { settle_millis: Some(20_000), strangers: BTreeSet::new() }
    }

    pub(super) fn at_start() -> Self {
        Self { settle_millis: Some(1000), strangers: BTreeSet::new() }
    }

    pub(super) fn set(&mut self, settings: &Self) -> Self {
        self.settle_millis = settings.settle_millis.or(self.settle_millis);
        self.strangers.extend(settings.strangers.iter().cloned());
        self.clone()
    }

    pub(super) fn is_stranger(&self, email: &str) -> bool {
        self.strangers.iter().any(|stranger| matches(stranger, email))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_add_up() {
        let mut settings = Settings::at_start();
        let strangers = |email: &str| BTreeSet::from([email.to_owned()]);
        let one = Settings { settle_millis: None, strangers: strangers("One@example.com") };
        assert_eq!(settings.set(&one).settle_millis, Some(1000));
        settings.set(&Settings { settle_millis: Some(0), strangers: strangers("*@stranger.example") });
        assert_eq!(settings.settle_millis, Some(0));
        assert!(settings.is_stranger("one@example.com") && settings.is_stranger("two@stranger.example"));
        assert!(!settings.is_stranger("two@example.com"));
    }
}
