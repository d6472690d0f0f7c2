//! What differs in a Region. It makes no AWS calls.

use aws_sdk_config::types::{ConfigurationRecorder, DeliveryChannel, RecordingGroup};
use serde_json::{Value, json};
use vending_core::{OrganizationChange, PlanBlocker};
use vending_plans::PlannedChanges;

use crate::TARGET;

/// AWS Config in a Region. AWS allows one recorder and one delivery channel, of any name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Current {
    pub(crate) recorder: Option<ConfigurationRecorder>,
    /// Whether the recorder has the tag of this deployment. Delivery channels have no tags.
    pub(crate) is_ours: bool,
    pub(crate) channel: Option<DeliveryChannel>,
    pub(crate) is_recording: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) role_arn: String,
    pub(crate) bucket: String,
    pub(crate) records_global_types: bool,
}

/// A call that makes one change.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a Region has at most three calls")]
pub(crate) enum Call {
    PutRecorder(ConfigurationRecorder),
    PutChannel(DeliveryChannel),
    /// Needs the recorder and the delivery channel.
    Start(String),
}

/// <https://aws.amazon.com/config/pricing/>, for us-east-1.
const PRICE: &str = "0.003 US dollars for each configuration item that AWS Config records";

const DEFAULT_NAME: &str = "default";

impl Current {
    /// Whether others created the recorder.
    pub(crate) fn is_foreign(&self) -> bool {
        self.recorder.is_some() && !self.is_ours
    }

    pub(crate) fn describe_foreign(&self, region: &str) -> String {
        let name = self.recorder.as_ref().and_then(ConfigurationRecorder::name).unwrap_or(DEFAULT_NAME);
        let bucket = self.channel.as_ref().and_then(DeliveryChannel::s3_bucket_name);
        let delivery = match bucket {
            Some(bucket) => format!("delivers to {bucket}"),
            None => "delivers nothing".to_owned(),
        };
        let status = if self.is_recording { "" } else { " and is stopped" };
        format!("{name} in {region} {delivery}{status}")
    }
}

/// A delivery channel that others left. Whose a channel is follows from its recorder.
pub(crate) fn foreign_channel(region: &str, current: &Current, wanted: &Wanted) -> Option<PlanBlocker> {
    let channel = current
        .channel
        .as_ref()
        .filter(|channel| current.recorder.is_none() && channel.s3_bucket_name() != Some(&wanted.bucket))?;
    let (name, bucket) = (channel.name().unwrap_or_default(), channel.s3_bucket_name().unwrap_or_default());
    Some(PlanBlocker {
        pointer: "/managementAccount/recordChanges".to_owned(),
        detail: format!(
            "needs the only delivery channel of {region} in the management account, and {name} delivers to {bucket} for others"
        ),
        remedy: format!(
            "delete it (aws configservice delete-delivery-channel --region {region} --delivery-channel-name {name}), or set config.bucket to {bucket}"
        ),
    })
}

/// The changes with their calls, in the order that AWS requires. Each is found again if the calls before it were made.
pub(crate) fn differences(
    region: &str,
    current: &Current,
    wanted: &Wanted,
    changes: &PlannedChanges,
) -> Vec<(OrganizationChange, Call)> {
    let change = |field: &str, from: Value, to: Value| {
        changes.change(TARGET, format!("recordChanges.{region}.{field}"), from, to)
    };
    let mut found = Vec::new();
    let recorder = current.recorder.as_ref();
    if !recorder.is_some_and(|recorder| is_right(recorder, wanted)) {
        let put = put_recorder(recorder, wanted);
        let change = change("recorder", recorder.map_or(Value::Null, describe), describe(&put));
        found.push((change.with_price(PRICE), Call::PutRecorder(put)));
    }
    let bucket = current.channel.as_ref().and_then(DeliveryChannel::s3_bucket_name);
    if bucket != Some(&wanted.bucket) {
        let call = Call::PutChannel(put_channel(current.channel.as_ref(), wanted));
        found.push((change("bucket", json!(bucket), json!(wanted.bucket)), call));
    }
    if !current.is_recording {
        let name = recorder.and_then(ConfigurationRecorder::name).unwrap_or(DEFAULT_NAME);
        found.push((change("isRecording", json!(false), json!(true)).with_price(PRICE), Call::Start(name.to_owned())));
    }
    found
}

fn is_right(recorder: &ConfigurationRecorder, wanted: &Wanted) -> bool {
    let records_all = |group: &RecordingGroup| {
        group.all_supported() && group.include_global_resource_types() == wanted.records_global_types
    };
    recorder.role_arn() == Some(&wanted.role_arn) && recorder.recording_group().is_some_and(records_all)
}

fn put_recorder(found: Option<&ConfigurationRecorder>, wanted: &Wanted) -> ConfigurationRecorder {
    let group = RecordingGroup::builder()
        .all_supported(true)
        .include_global_resource_types(wanted.records_global_types)
        .build();
    // The recording mode (continuous or daily) is kept: it affects costs, and people may have chosen it.
    ConfigurationRecorder::builder()
        .name(found.and_then(ConfigurationRecorder::name).unwrap_or(DEFAULT_NAME))
        .role_arn(&wanted.role_arn)
        .recording_group(group)
        .set_recording_mode(found.and_then(|recorder| recorder.recording_mode().cloned()))
        .build()
}

/// AWS keeps the properties that a put leaves out.
fn put_channel(found: Option<&DeliveryChannel>, wanted: &Wanted) -> DeliveryChannel {
    let name = found.and_then(DeliveryChannel::name).unwrap_or(DEFAULT_NAME);
    DeliveryChannel::builder().name(name).s3_bucket_name(&wanted.bucket).build()
}

/// A recorder in a plan.
fn describe(recorder: &ConfigurationRecorder) -> Value {
    let group = recorder.recording_group();
    json!({
        "allSupported": group.is_some_and(RecordingGroup::all_supported),
        "includeGlobalResourceTypes": group.is_some_and(RecordingGroup::include_global_resource_types),
        "roleArn": recorder.role_arn(),
    })
}
