//! An in-memory records bucket for tests.

#![expect(clippy::missing_panics_doc, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::{PutObjectInput, PutObjectOutput};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::Object;
use aws_sdk_s3::types::error::NoSuchKey;
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vending_core::{AccountRecord, RequestRecord, Settings, Validated};

use crate::validated;

/// Objects by key, each with a version number as its ETag. Supports the conditions of conditional writes.
#[derive(Clone, Debug, Default)]
pub struct Bucket(Arc<Mutex<Versions>>);

type Versions = BTreeMap<String, (u32, Vec<u8>)>;

impl Bucket {
    /// A bucket with the record of a request and its validated request.
    pub fn with_request(record: &RequestRecord, validated: &Validated) -> Self {
        let bucket = Self::default();
        bucket.put(&crate::key(&record.request_id), record);
        bucket.put(&validated::key(&record.request_id), validated);
        bucket
    }

    /// The bucket with these settings.
    #[must_use]
    pub fn with_settings(self, settings: &Settings) -> Self {
        self.put(Settings::KEY, settings);
        self
    }

    pub fn put_account(&self, record: &AccountRecord) {
        self.put(&AccountRecord::key(&record.account_id), record);
    }

    /// The record of an account. Panics if it does not exist.
    pub fn account(&self, id: &str) -> AccountRecord {
        self.read(&format!("accounts/{id}.json"))
    }

    pub fn put(&self, key: &str, value: &impl Serialize) {
        let bytes = serde_json::to_vec(value).unwrap();
        let mut objects = self.objects();
        let version = objects.get(key).map_or(0, |(version, _)| *version) + 1;
        objects.insert(key.to_owned(), (version, bytes));
    }

    pub fn read<T: DeserializeOwned>(&self, key: &str) -> T {
        let objects = self.objects();
        let (_, bytes) = objects.get(key).unwrap_or_else(|| panic!("no object {key} in {:?}", objects.keys()));
        serde_json::from_slice(bytes).unwrap()
    }

    pub fn has(&self, key: &str) -> bool {
        self.objects().contains_key(key)
    }

    pub fn client(&self) -> Client {
        let rules = [self.gets(), self.puts(), self.lists()];
        mock_client!(aws_sdk_s3, RuleMode::MatchAny, &rules)
    }

    fn objects(&self) -> MutexGuard<'_, Versions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gets(&self) -> Rule {
        let bucket = self.clone();
        mock!(Client::get_object).then_compute_response(move |get| {
            match bucket.objects().get(get.key().unwrap_or_default()) {
                Some((version, _)) if get.if_none_match() == Some(version.to_string().as_str()) => {
                    MockResponse::Http(HttpResponse::new(304.try_into().unwrap(), SdkBody::empty()))
                }
                Some((version, bytes)) => {
                    let object = GetObjectOutput::builder().e_tag(version.to_string());
                    MockResponse::Output(object.body(ByteStream::from(bytes.clone())).build())
                }
                None => MockResponse::Error(GetObjectError::NoSuchKey(NoSuchKey::builder().build())),
            }
        })
    }

    fn puts(&self) -> Rule {
        let bucket = self.clone();
        mock!(Client::put_object).then_compute_response(move |put: &PutObjectInput| {
            let key = put.key().unwrap_or_default().to_owned();
            let mut objects = bucket.objects();
            let version = objects.get(&key).map(|(version, _)| *version);
            let exists = put.if_none_match().is_some() && version.is_some();
            let is_other_version = put
                .if_match()
                .is_some_and(|e_tag| Some(e_tag) != version.map(|version| version.to_string()).as_deref());
            if exists || is_other_version {
                let body = SdkBody::from("<Error><Code>PreconditionFailed</Code></Error>");
                return MockResponse::Http(HttpResponse::new(412.try_into().unwrap(), body));
            }
            let version = version.unwrap_or(0) + 1;
            let bytes = put.body().bytes().unwrap_or_default().to_vec();
            objects.insert(key, (version, bytes));
            MockResponse::Output(PutObjectOutput::builder().e_tag(version.to_string()).build())
        })
    }

    fn lists(&self) -> Rule {
        let bucket = self.clone();
        mock!(Client::list_objects_v2).then_compute_output(move |list| {
            let (prefix, after) = (list.prefix().unwrap_or_default(), list.start_after().unwrap_or_default());
            let limit = list.max_keys().and_then(|limit| limit.try_into().ok()).unwrap_or(1_000);
            let objects = bucket.objects();
            let keys = objects.keys().filter(|key| key.starts_with(prefix) && key.as_str() > after).take(limit);
            let object = |key: &String| Object::builder().key(key).last_modified(DateTime::from_secs(0)).build();
            ListObjectsV2Output::builder().set_contents(Some(keys.map(object).collect())).build()
        })
    }
}
