//! The settings in the records bucket.

use vending_core::{ErrorCode, Settings, SettingsError, StepError};
use vending_records::{Objects, is_precondition_failure};
use vending_runtime::sdk_error;

#[derive(Debug)]
pub(crate) struct SettingsStore(Objects);

/// The settings when they were read. Both are `None` if there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    /// `None` also if they cannot be read, so that they are written again.
    pub(crate) settings: Option<Settings>,
    e_tag: Option<String>,
}

impl SettingsStore {
    pub(crate) fn new(objects: Objects) -> Self {
        Self(objects)
    }

    /// The stored settings. Settings of a later schema version are an error, so that they are not overwritten.
    pub(crate) async fn read(&self) -> Result<Stored, StepError> {
        let document = self.0.read_bytes(Settings::KEY, "read the settings").await?;
        let Some(document) = document else { return Ok(Stored::default()) };
        let settings = match Settings::parse(&document.value) {
            Ok(settings) => Some(settings),
            Err(SettingsError::Invalid(error)) => {
                tracing::warn!("the stored settings are not valid, and are replaced: {error}");
                None
            }
            Err(newer @ SettingsError::Newer { .. }) => return Err(newer.into()),
        };
        Ok(Stored { settings, e_tag: document.e_tag })
    }

    /// Writes the settings, unless they have changed since they were read, and reads them back.
    pub(crate) async fn write(&self, wanted: &Settings, stored: &Stored) -> Result<(), StepError> {
        let put = self.0.put(Settings::KEY, wanted)?;
        let put = match &stored.e_tag {
            Some(e_tag) => put.if_match(e_tag),
            None => put.if_none_match("*"),
        };
        match put.send().await {
            Ok(_) => {}
            // Another caller wrote them, or this call did and its first response was lost.
            Err(error) if is_precondition_failure(&error) => {}
            Err(error) => return Err(sdk_error("write the settings", &error)),
        }
        if self.read().await?.settings.as_ref() == Some(wanted) {
            return Ok(());
        }
        // The next invocation compares with what the other caller wrote.
        Err(StepError::new(ErrorCode::ServiceUnavailable, "another run wrote the settings at the same time"))
    }
}
