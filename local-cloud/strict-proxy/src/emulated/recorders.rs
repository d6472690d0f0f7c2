//! The recorders of AWS Config: their ARNs, tags, and recording modes, which moto lacks, and their roles, which it does
//! not check.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::call::{Call, Outcome, ScopedState};
use super::iam;
use crate::emulators::{Emulator, Upstreams};
use crate::tags::{self, MAX_TAGS, Tags};
use crate::wire::{AwsError, AwsResponse, element, response};

pub(super) struct Recorders {
    upstreams: Arc<Upstreams>,
    /// By name.
    known: ScopedState<BTreeMap<String, Recorder>>,
    created: AtomicU64,
}

struct Recorder {
    arn: String,
    tags: Tags,
    mode: Value,
}

impl Recorders {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, known: ScopedState::default(), created: AtomicU64::default() }
    }

    pub(super) async fn handle(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let is_recorder = call.string("ResourceArn").contains(":configuration-recorder/");
        match call.request.operation.as_str() {
            "PutConfigurationRecorder" => self.put(call, forward).await,
            "DeleteConfigurationRecorder" => self.delete(call, forward.await),
            "DescribeConfigurationRecorders" => self.described(call, forward.await, "ConfigurationRecorders"),
            "DescribeConfigurationRecorderStatus" => {
                self.described(call, forward.await, "ConfigurationRecordersStatus")
            }
            "PutDeliveryChannel" => self.put_channel(call, forward).await,
            "ListTagsForResource" if is_recorder => call.response(self.list_tags(call)),
            "TagResource" if is_recorder => call.response(self.tag(call)),
            "UntagResource" if is_recorder => call.response(self.untag(call)),
            _ => forward.await,
        }
    }

    /// "Tags are added at creation and cannot be updated with this operation"
    /// (<https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigurationRecorder.html>).
    async fn put(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let recorder = call.value("ConfigurationRecorder");
        let checked = match tags::read(call.value("Tags")) {
            Ok(tags) if tags.len() <= MAX_TAGS => self.check_role(call, recorder).await.map(|()| tags),
            Ok(_) => Err(invalid(&format!("a recorder can have at most {MAX_TAGS} tags"))),
            Err(message) => Err(invalid(&message)),
        };
        let tags = match checked {
            Ok(tags) => tags,
            Err(error) => return response::error(call.request, &error),
        };
        let response = forward.await;
        if response.status().is_success() {
            let name = recorder["name"].as_str().unwrap_or_default();
            self.known.regional(call, |known| {
                let new = || Recorder { tags, ..self.new_recorder(call, name) };
                let known = known.entry(name.to_owned()).or_insert_with(new);
                if recorder["recordingMode"].is_object() {
                    known.mode = recorder["recordingMode"].clone();
                }
            });
        }
        response
    }

    /// The role must exist in the account.
    async fn check_role(&self, call: &Call<'_>, recorder: &Value) -> Result<(), AwsError> {
        let arn = recorder["roleARN"].as_str().unwrap_or_default();
        let name = iam::to_moto_role_name(arn.rsplit('/').next().unwrap_or_default());
        let role = self.upstreams.iam(Emulator::Aws, call.account, "GetRole", &[("RoleName", &name)]).await;
        let known = role.ok().and_then(|role| element(&role, "Arn")).map(|arn| iam::to_aws_role_name(&arn));
        if !arn.is_empty() && known.as_deref() == Some(arn) {
            return Ok(());
        }
        let message = "You have provided a null or empty role arn, or AWS Config cannot assume the role.";
        Err(AwsError::new(400, "InvalidRoleException", message))
    }

    fn delete(&self, call: &Call<'_>, response: AwsResponse) -> AwsResponse {
        if response.status().is_success() {
            self.known.regional(call, |known| known.remove(call.string("ConfigurationRecorderName")));
        }
        response
    }

    fn described(&self, call: &Call<'_>, response: AwsResponse, field: &str) -> AwsResponse {
        let mut body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let Some(recorders) = body[field].as_array_mut() else {
            return response;
        };
        for described in recorders {
            let name = described["name"].as_str().unwrap_or_default().to_owned();
            self.known.regional(call, |known| {
                let known = known.entry(name).or_insert_with_key(|name| self.new_recorder(call, name));
                described["arn"] = json!(known.arn);
                if field == "ConfigurationRecorders" {
                    described["recordingMode"] = known.mode.clone();
                    described["recordingScope"] = json!("PAID");
                }
            });
        }
        response::ok(&body)
    }

    fn new_recorder(&self, call: &Call<'_>, name: &str) -> Recorder {
        let id = self.created.fetch_add(1, Ordering::Relaxed) + 1;
        let (region, account) = (call.region(), call.account);
        let arn = format!("arn:aws:config:{region}:{account}:configuration-recorder/{name}/{id:016x}");
        Recorder { arn, tags: Tags::new(), mode: json!({"recordingFrequency": "CONTINUOUS"}) }
    }

    /// "this action will keep the existing value for the parameter that is not changed": moto removes it.
    async fn put_channel(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let put = call.value("DeliveryChannel");
        let listed = self.config(call, "DescribeDeliveryChannels", &json!({})).await.unwrap_or_default();
        let mut known = listed["DeliveryChannels"].as_array().into_iter().flatten();
        let Some(known) = known.find(|known| known["name"] == put["name"]) else {
            return forward.await;
        };
        let mut channel = known.clone();
        if let (Some(channel), Some(put)) = (channel.as_object_mut(), put.as_object()) {
            channel.extend(put.clone());
        }
        match self.config(call, "PutDeliveryChannel", &json!({"DeliveryChannel": channel})).await {
            Ok(_) => response::ok(&json!({})),
            Err(response) => response,
        }
    }

    async fn config(&self, call: &Call<'_>, operation: &str, parameters: &Value) -> Result<Value, AwsResponse> {
        self.upstreams.config(call.account, call.region(), operation, parameters).await
    }

    fn list_tags(&self, call: &Call<'_>) -> Outcome {
        self.with_tags(call, |tags| Ok(json!({"Tags": tags::list(tags)})))
    }

    fn tag(&self, call: &Call<'_>) -> Outcome {
        let added = tags::read(call.value("Tags")).map_err(|message| invalid(&message))?;
        self.with_tags(call, |tags| {
            let mut all = tags.clone();
            all.extend(added);
            if all.len() > MAX_TAGS {
                let message = format!("A resource can have at most {MAX_TAGS} tags.");
                return Err(AwsError::new(400, "TooManyTagsException", &message));
            }
            *tags = all;
            Ok(json!({}))
        })
    }

    fn untag(&self, call: &Call<'_>) -> Outcome {
        let removed = call.strings("TagKeys");
        self.with_tags(call, |tags| {
            tags.retain(|key, _| !removed.contains(key));
            Ok(json!({}))
        })
    }

    fn with_tags(&self, call: &Call<'_>, change: impl FnOnce(&mut Tags) -> Outcome) -> Outcome {
        let arn = call.string("ResourceArn");
        self.known.regional(call, |known| match known.values_mut().find(|known| known.arn == arn) {
            Some(known) => change(&mut known.tags),
            None => {
                Err(AwsError::new(400, "ResourceNotFoundException", &format!("ResourceArn '{arn}' does not exist")))
            }
        })
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}
