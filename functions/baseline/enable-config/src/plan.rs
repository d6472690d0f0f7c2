//! Plans the changes that AWS Config needs in a Region. It makes no AWS calls.

use std::fmt;

use aws_sdk_config::types::{ConfigurationRecorder, DeliveryChannel, RecordingGroup};

/// The desired state of AWS Config in a Region.
#[derive(Clone, Debug)]
pub(crate) struct Desired {
    pub(crate) role_arn: String,
    pub(crate) bucket: String,
    /// True in the home Region only. A second Region would record and charge the same items again.
    pub(crate) global_resource_types: bool,
}

/// The current state of AWS Config in a Region. AWS allows one recorder and one delivery channel, of any name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Current {
    pub(crate) recorder: Option<ConfigurationRecorder>,
    pub(crate) channel: Option<DeliveryChannel>,
    pub(crate) recording: bool,
}

#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a plan has at most three changes")]
pub(crate) enum Change {
    PutRecorder(ConfigurationRecorder),
    PutChannel(DeliveryChannel),
    /// Needs the recorder and the delivery channel.
    Start {
        recorder: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PutRecorder(recorder) => {
                write!(formatter, "put the recorder {}", recorder.name().unwrap_or_default())
            }
            Self::PutChannel(channel) => {
                let name = channel.name().unwrap_or_default();
                write!(formatter, "put the delivery channel {name}")
            }
            Self::Start { recorder } => write!(formatter, "started the recorder {recorder}"),
        }
    }
}

const DEFAULT_NAME: &str = "default";

/// The name prefix of the resources that Control Tower manages and repairs itself.
const CONTROL_TOWER_PREFIX: &str = "aws-controltower-";

/// The changes, in the order that AWS requires.
pub(crate) fn plan(current: &Current, desired: &Desired) -> Vec<Change> {
    let found = current.recorder.as_ref();
    let recorder = found.map_or(Some(DEFAULT_NAME), ConfigurationRecorder::name);
    let recorder = recorder.unwrap_or(DEFAULT_NAME);
    if recorder.starts_with(CONTROL_TOWER_PREFIX) {
        return Vec::new();
    }
    let start = (!current.recording).then(|| Change::Start { recorder: recorder.to_owned() });
    let changes = [
        put_recorder(found, recorder, desired).map(Change::PutRecorder),
        put_channel(current.channel.as_ref(), desired).map(Change::PutChannel),
        start,
    ];
    changes.into_iter().flatten().collect()
}

fn put_recorder(found: Option<&ConfigurationRecorder>, name: &str, desired: &Desired) -> Option<ConfigurationRecorder> {
    let records_all = |group: &RecordingGroup| {
        group.all_supported() && group.include_global_resource_types() == desired.global_resource_types
    };
    let is_right = |recorder: &ConfigurationRecorder| {
        recorder.role_arn() == Some(&desired.role_arn) && recorder.recording_group().is_some_and(records_all)
    };
    if found.is_some_and(is_right) {
        return None;
    }
    let group =
        RecordingGroup::builder().all_supported(true).include_global_resource_types(desired.global_resource_types);
    // Keep the recording mode (continuous or daily): it affects costs, and the account may have chosen it.
    let mode = found.and_then(|recorder| recorder.recording_mode().cloned());
    let recorder = ConfigurationRecorder::builder()
        .name(name)
        .role_arn(&desired.role_arn)
        .recording_group(group.build())
        .set_recording_mode(mode);
    Some(recorder.build())
}

/// The delivery channel to put, or `None` if it is up to date. AWS keeps the properties that a put leaves out.
pub(crate) fn put_channel(found: Option<&DeliveryChannel>, desired: &Desired) -> Option<DeliveryChannel> {
    let name = found.and_then(DeliveryChannel::name).unwrap_or(DEFAULT_NAME);
    let is_right = |channel: &DeliveryChannel| {
        channel.s3_bucket_name() == Some(&desired.bucket) || name.starts_with(CONTROL_TOWER_PREFIX)
    };
    if found.is_some_and(is_right) {
        return None;
    }
    let channel = DeliveryChannel::builder().name(name);
    Some(channel.s3_bucket_name(&desired.bucket).build())
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::types::{RecordingFrequency, RecordingMode};

    use super::*;

    const ROLE: &str = "arn:aws:iam::111111111111:role/config";

    fn desired(global_resource_types: bool) -> Desired {
        Desired { role_arn: ROLE.to_owned(), bucket: "log-archive".to_owned(), global_resource_types }
    }

    fn recorder(name: &str, role_arn: &str, all: bool, global: bool) -> ConfigurationRecorder {
        let group = RecordingGroup::builder().all_supported(all).include_global_resource_types(global);
        let recorder = ConfigurationRecorder::builder().name(name);
        let recorder = recorder.role_arn(role_arn);
        recorder.recording_group(group.build()).build()
    }

    fn channel(name: &str, bucket: &str) -> DeliveryChannel {
        let channel = DeliveryChannel::builder().name(name);
        channel.s3_bucket_name(bucket).build()
    }

    fn converged() -> Current {
        Current {
            recorder: Some(recorder("default", ROLE, true, true)),
            channel: Some(channel("default", "log-archive")),
            recording: true,
        }
    }

    fn described(current: &Current, desired: &Desired) -> Vec<String> {
        let changes = plan(current, desired);
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn new_region_gets_changes_in_required_order() {
        let changes = plan(&Current::default(), &desired(true));
        assert_eq!(
            changes,
            [
                Change::PutRecorder(recorder("default", ROLE, true, true)),
                Change::PutChannel(channel("default", "log-archive")),
                Change::Start { recorder: "default".to_owned() },
            ]
        );
    }

    #[test]
    fn global_types_are_recorded_in_home_region() {
        let changes = plan(&Current::default(), &desired(false));
        let regional = recorder("default", ROLE, true, false);
        assert_eq!(changes[0], Change::PutRecorder(regional.clone()));
        let mut current = converged();
        assert_eq!(plan(&current, &desired(false)), [Change::PutRecorder(regional.clone())]);
        current.recorder = Some(regional);
        assert_eq!(plan(&current, &desired(true)), [Change::PutRecorder(recorder("default", ROLE, true, true))]);
    }

    #[test]
    fn only_differences_are_changed() {
        type Drift = fn(&mut Current);
        let cases: [(Drift, &[&str]); 8] = [
            (|_| (), &[]),
            (|current| current.recording = false, &["started the recorder default"]),
            (
                |current| current.recorder = Some(recorder("theirs", "arn:other", true, true)),
                &["put the recorder theirs"],
            ),
            (|current| current.recorder = Some(recorder("theirs", ROLE, false, true)), &["put the recorder theirs"]),
            (|current| current.channel = None, &["put the delivery channel default"]),
            (|current| current.channel = Some(channel("theirs", "elsewhere")), &["put the delivery channel theirs"]),
            (|current| current.channel = Some(channel("theirs", "log-archive")), &[]),
            (
                |current| {
                    current.recorder = Some(recorder("theirs", ROLE, true, true));
                    current.recording = false;
                },
                &["started the recorder theirs"],
            ),
        ];
        for (index, (drift, expected)) in cases.into_iter().enumerate() {
            let mut current = converged();
            drift(&mut current);
            assert_eq!(described(&current, &desired(true)), expected, "case {index}");
        }
    }

    #[test]
    fn control_tower_resources_are_not_changed() {
        let mut current = converged();
        let theirs = "aws-controltower-BaselineConfigRecorder";
        current.recorder = Some(recorder(theirs, "arn:other", false, false));
        current.channel = None;
        current.recording = false;
        assert_eq!(plan(&current, &desired(true)), []);

        let mut current = converged();
        let theirs = "aws-controltower-BaselineConfigDeliveryChannel";
        current.channel = Some(channel(theirs, "elsewhere"));
        assert_eq!(plan(&current, &desired(true)), []);
    }

    #[test]
    fn recording_mode_is_kept() {
        let daily = RecordingMode::builder().recording_frequency(RecordingFrequency::Daily).build().unwrap();
        let mut current = converged();
        let mut found = recorder("default", "arn:other", true, true);
        found.recording_mode = Some(daily.clone());
        current.recorder = Some(found);
        let changes = plan(&current, &desired(true));
        let [Change::PutRecorder(put)] = changes.as_slice() else {
            panic!("{changes:?}");
        };
        assert_eq!(put.recording_mode(), Some(&daily));
        assert_eq!(put.role_arn(), Some(ROLE));
    }
}
