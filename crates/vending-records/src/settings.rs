//! The stored settings of the organization, `settings.json`.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use vending_core::{GLOBAL_REGION, Settings, StepError};
use vending_runtime::{Environment, StartError};

use crate::objects::{Objects, Reading};

const ACTION: &str = "read the settings of the organization";

/// Reads the settings. Each read asks S3, so that a right that is taken away ends with the next request; S3 sends the
/// object again only if it has changed.
#[derive(Debug)]
pub struct StoredSettings {
    objects: Objects,
    latest: Mutex<Option<Known>>,
}

/// The settings, and the ETag of their object.
#[derive(Clone, Debug)]
struct Known {
    e_tag: String,
    settings: Arc<Settings>,
}

impl StoredSettings {
    pub fn new(client: Client, bucket: String) -> Self {
        Self { objects: Objects::new(client, bucket), latest: Mutex::default() }
    }

    /// Reads `RECORDS_BUCKET`.
    pub fn from_environment(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self::new(Client::new(config), environment.required("RECORDS_BUCKET")?))
    }

    /// The present settings. Before the first manifest is applied, they allow nothing.
    pub async fn read(&self) -> Result<Arc<Settings>, StepError> {
        let known = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let e_tag = known.as_ref().map(|known| known.e_tag.as_str());
        let document = match (self.objects.read_if_changed(Settings::KEY, e_tag, ACTION).await?, &known) {
            (Reading::Changed(document), _) => document,
            (Reading::Unchanged, Some(known)) => return Ok(known.settings.clone()),
            (Reading::Missing | Reading::Unchanged, _) => {
                return Ok(Arc::new(Settings::empty(GLOBAL_REGION.to_owned(), vec![GLOBAL_REGION.to_owned()])));
            }
        };
        let settings = Arc::new(Settings::parse(&document.value)?);
        if let Some(e_tag) = document.e_tag {
            let known = Known { e_tag, settings: settings.clone() };
            *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vending_core::{ErrorCode, Requests, fixtures};

    use super::*;
    use crate::testing::Bucket;

    fn stored(bucket: &Bucket) -> StoredSettings {
        StoredSettings::new(bucket.client(), "records".to_owned())
    }

    fn requests_in_root(settings: &Settings) -> Requests {
        settings.resolve(&["r-root".parse().unwrap()]).requests
    }

    #[tokio::test]
    async fn without_settings_nothing_is_allowed() {
        let settings = stored(&Bucket::default()).read().await.unwrap();
        assert_eq!(requests_in_root(&settings), Requests::Denied);
        assert_eq!(settings.governed_regions, ["us-east-1"]);
        assert!(settings.trail.is_none() && settings.config_bucket.is_none());
    }

    #[tokio::test]
    async fn change_counts_at_once() {
        let bucket = Bucket::default();
        let stored = stored(&bucket);
        bucket.put(Settings::KEY, &fixtures::open_settings());
        assert_eq!(requests_in_root(&stored.read().await.unwrap()), Requests::Allowed);
        let unchanged = stored.read().await.unwrap();
        assert!(Arc::ptr_eq(&unchanged, &stored.read().await.unwrap()), "S3 sent unchanged settings again");
        bucket.put(Settings::KEY, &fixtures::settings(&json!({ "r-root": { "requests": "denied" } })));
        assert_eq!(requests_in_root(&stored.read().await.unwrap()), Requests::Denied);
    }

    #[tokio::test]
    async fn settings_of_a_later_version_are_an_error() {
        let bucket = Bucket::default();
        bucket.put(Settings::KEY, &json!({ "schemaVersion": 2 }));
        let error = stored(&bucket).read().await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    }
}
