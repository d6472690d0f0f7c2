//! The settings of all creations.

use std::collections::BTreeSet;

use local_cloud::strict::Settings;

use crate::wire::matches;

/// The current settings, in which no field is missing.
pub(super) struct CreationSettings {
    pub(super) in_progress_millis: u64,
    external_emails: BTreeSet<String>,
}

impl Default for CreationSettings {
    fn default() -> Self {
        Self { in_progress_millis: 1000, external_emails: BTreeSet::new() }
    }
}

impl CreationSettings {
    /// Changes the given settings, and returns all of them.
    pub(super) fn set(&mut self, settings: &Settings) -> Settings {
        self.in_progress_millis = settings.in_progress_millis.unwrap_or(self.in_progress_millis);
        self.external_emails.extend(settings.external_emails.iter().cloned());
        Settings { in_progress_millis: Some(self.in_progress_millis), external_emails: self.external_emails.clone() }
    }

    pub(super) fn is_external(&self, email: &str) -> bool {
        self.external_emails.iter().any(|external| matches(external, email))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_merged() {
        let mut settings = CreationSettings::default();
        let external_emails = |email: &str| BTreeSet::from([email.to_owned()]);
        let one = Settings { in_progress_millis: None, external_emails: external_emails("One@example.com") };
        assert_eq!(settings.set(&one).in_progress_millis, Some(1000));
        settings.set(&Settings { in_progress_millis: Some(0), external_emails: external_emails("*@external.example") });
        assert_eq!(settings.in_progress_millis, 0);
        assert!(settings.is_external("one@example.com") && settings.is_external("two@external.example"));
        assert!(!settings.is_external("two@example.com"));
    }
}
