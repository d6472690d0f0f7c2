use aws_sdk_config::operation::describe_configuration_recorder_status::DescribeConfigurationRecorderStatusOutput;
use aws_sdk_config::operation::describe_configuration_recorders::DescribeConfigurationRecordersOutput;
use aws_sdk_config::operation::describe_delivery_channels::DescribeDeliveryChannelsOutput;
use aws_sdk_config::operation::put_configuration_recorder::PutConfigurationRecorderOutput;
use aws_sdk_config::operation::put_delivery_channel::PutDeliveryChannelOutput;
use aws_sdk_config::operation::start_configuration_recorder::StartConfigurationRecorderOutput;
use aws_sdk_config::types::{ConfigurationRecorderStatus, RecordingGroup};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;

use super::*;

pub(crate) const ROLE: &str =
    "arn:aws:iam::111111111111:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
pub(crate) const BUCKET: &str = "log-archive";

pub(crate) fn error_response(code: &str) -> Response {
    let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

pub(crate) fn recorder(name: &str) -> ConfigurationRecorder {
    let group = RecordingGroup::builder().all_supported(true).include_global_resource_types(true);
    let recorder = ConfigurationRecorder::builder().name(name).role_arn(ROLE);
    recorder.recording_group(group.build()).build()
}

fn channel(name: &str) -> DeliveryChannel {
    let channel = DeliveryChannel::builder().name(name);
    channel.s3_bucket_name(BUCKET).build()
}

pub(crate) fn recorders(found: Vec<ConfigurationRecorder>) -> Rule {
    mock!(Client::describe_configuration_recorders).then_output(move || {
        DescribeConfigurationRecordersOutput::builder().set_configuration_recorders(Some(found.clone())).build()
    })
}

pub(crate) fn channels(names: &'static [&'static str]) -> Rule {
    mock!(Client::describe_delivery_channels).then_output(move || {
        let found = names.iter().map(|name| channel(name)).collect();
        DescribeDeliveryChannelsOutput::builder().set_delivery_channels(Some(found)).build()
    })
}

fn status(recording: bool, service: Option<&'static str>) -> Rule {
    mock!(Client::describe_configuration_recorder_status).then_output(move || {
        let status = ConfigurationRecorderStatus::builder()
            .recording(recording)
            .set_service_principal(service.map(str::to_owned));
        DescribeConfigurationRecorderStatusOutput::builder().configuration_recorders_status(status.build()).build()
    })
}

pub(crate) fn recording() -> Rule {
    status(true, None)
}

pub(crate) fn recorder_put(global_resource_types: bool) -> Rule {
    mock!(Client::put_configuration_recorder)
        .match_requests(move |request| {
            let mut expected = recorder("default");
            if let Some(group) = &mut expected.recording_group {
                group.include_global_resource_types = global_resource_types;
            }
            request.configuration_recorder() == Some(&expected)
        })
        .then_output(|| PutConfigurationRecorderOutput::builder().build())
}

pub(crate) fn channel_put() -> Rule {
    mock!(Client::put_delivery_channel)
        .match_requests(|request| request.delivery_channel() == Some(&channel("default")))
        .then_output(|| PutDeliveryChannelOutput::builder().build())
}

pub(crate) fn started() -> Rule {
    mock!(Client::start_configuration_recorder)
        .match_requests(|request| request.configuration_recorder_name() == Some("default"))
        .then_output(|| StartConfigurationRecorderOutput::builder().build())
}

/// The name of the change, if any. Asserts that each rule is called once.
async fn converge(age: Duration, rules: &[&Rule]) -> Result<Option<String>, StepError> {
    converge_with(Changes::apply(), age, rules).await
}

async fn converge_with(changes: Changes, age: Duration, rules: &[&Rule]) -> Result<Option<String>, StepError> {
    let client = mock_client!(aws_sdk_config, RuleMode::Sequential, rules);
    let region = Region {
        name: "us-east-1",
        client: &client,
        desired: Desired { role_arn: ROLE.to_owned(), bucket: BUCKET.to_owned(), global_resource_types: true },
        propagation_end: vending_core::propagation_end(OffsetDateTime::now_utc() - age),
    };
    let converged = region.converge(&changes).await;
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
    converged.map(|()| changes.into_names().pop())
}

const ALL_THREE: &str =
    "us-east-1: put the recorder default, put the delivery channel default, started the recorder default";

#[tokio::test]
async fn new_region_takes_four_calls() {
    let rules = [&recorders(vec![]), &recorder_put(true), &channel_put(), &started()];
    assert_eq!(converge(Duration::ZERO, &rules).await.unwrap().as_deref(), Some(ALL_THREE));
}

#[tokio::test]
async fn plan_for_new_region_takes_one_call() {
    let listed = converge_with(Changes::plan(), Duration::ZERO, &[&recorders(vec![])]).await;
    assert_eq!(listed.unwrap().as_deref(), Some(ALL_THREE));
}

#[tokio::test]
async fn recorded_region_takes_three_reads() {
    let rules = [&recorders(vec![recorder("theirs")]), &channels(&["theirs"]), &recording()];
    assert_eq!(converge(Duration::ZERO, &rules).await.unwrap(), None);
}

#[tokio::test]
async fn stopped_recorder_is_started() {
    let rules = [&recorders(vec![recorder("default")]), &channels(&["default"]), &status(false, None), &started()];
    assert_eq!(
        converge(Duration::ZERO, &rules).await.unwrap().as_deref(),
        Some("us-east-1: started the recorder default")
    );
}

fn channel_limit_exceeded() -> Rule {
    mock!(Client::put_delivery_channel)
        .then_http_response(|| error_response("MaxNumberOfDeliveryChannelsExceededException"))
}

fn channel_found(name: &'static str, bucket: &'static str) -> Rule {
    mock!(Client::describe_delivery_channels).then_output(move || {
        let found = DeliveryChannel::builder().name(name).s3_bucket_name(bucket).build();
        DescribeDeliveryChannelsOutput::builder().delivery_channels(found).build()
    })
}

#[tokio::test]
async fn channel_without_recorder_keeps_its_name() {
    let put = mock!(Client::put_delivery_channel)
        .match_requests(|request| request.delivery_channel() == Some(&channel("theirs")))
        .then_output(|| PutDeliveryChannelOutput::builder().build());
    let (none, found) = (recorders(vec![]), channel_found("theirs", "elsewhere"));
    let rules = [&none, &recorder_put(true), &channel_limit_exceeded(), &found, &put, &started()];
    assert_eq!(converge(Duration::ZERO, &rules).await.unwrap().as_deref(), Some(ALL_THREE));
}

#[tokio::test]
async fn correct_or_control_tower_channel_is_kept() {
    for found in [channel_found("theirs", BUCKET), channel_found("aws-controltower-Channel", "elsewhere")] {
        let rules = [&recorders(vec![]), &recorder_put(true), &channel_limit_exceeded(), &found, &started()];
        assert_eq!(converge(Duration::ZERO, &rules).await.unwrap().as_deref(), Some(ALL_THREE));
    }
}

#[tokio::test]
async fn recorder_of_another_service_is_ignored() {
    let mut linked = recorder("AWSConfigurationRecorderForSomeService");
    linked.service_principal = Some("some-service.amazonaws.com".to_owned());
    let rules = [&recorders(vec![linked.clone()]), &recorder_put(true), &channel_put(), &started()];
    assert!(converge(Duration::ZERO, &rules).await.unwrap().is_some());

    let rules = [
        &recorders(vec![linked, recorder("default")]),
        &channels(&["default"]),
        &status(true, Some("some-service.amazonaws.com")),
        &started(),
    ];
    assert!(converge(Duration::ZERO, &rules).await.unwrap().is_some());
}

#[tokio::test]
async fn stopped_control_tower_recorder_is_reported() {
    let theirs = || recorder("aws-controltower-BaselineConfigRecorder");
    let rules = [&recorders(vec![theirs()]), &channels(&[]), &recording()];
    assert_eq!(converge(Duration::ZERO, &rules).await.unwrap(), None);

    let rules = [&recorders(vec![theirs()]), &channels(&[]), &status(false, None)];
    let error = converge(Duration::ZERO, &rules).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    assert!(error.remedy().contains("Control Tower"), "{}", error.remedy());
}

#[tokio::test]
async fn config_errors_map_to_error_codes() {
    use ErrorCode::{AccessDenied, InvalidConfiguration, NotReady, ServiceNotActivated, Unexpected};
    for (code, fresh, later) in [
        ("InvalidRoleException", NotReady, NotReady),
        ("MaxNumberOfConfigurationRecordersExceededException", NotReady, NotReady),
        ("MaxNumberOfDeliveryChannelsExceededException", NotReady, NotReady),
        ("NoAvailableConfigurationRecorderException", NotReady, NotReady),
        ("NoAvailableDeliveryChannelException", NotReady, NotReady),
        ("NoSuchConfigurationRecorderException", NotReady, NotReady),
        ("InsufficientDeliveryPolicyException", NotReady, InvalidConfiguration),
        ("NoSuchBucketException", InvalidConfiguration, InvalidConfiguration),
        ("UnmodifiableEntityException", InvalidConfiguration, InvalidConfiguration),
        ("AccessDeniedException", NotReady, AccessDenied),
        ("UnrecognizedClientException", NotReady, AccessDenied),
        ("OptInRequired", NotReady, ServiceNotActivated),
        ("SomethingNew", Unexpected, Unexpected),
    ] {
        for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, later)] {
            let put = mock!(Client::put_delivery_channel).then_http_response(move || error_response(code));
            let mut rules = vec![recorders(vec![]), recorder_put(true), put];
            if code == CHANNEL_LIMIT_EXCEEDED {
                // The channel was deleted before it is read.
                rules.push(channels(&[]));
            }
            let error = converge(age, &rules.iter().collect::<Vec<_>>()).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
            assert!(error.to_string().contains(code), "{error}");
        }
    }
}

#[tokio::test]
async fn bucket_error_remedy_names_the_bucket() {
    for code in ["InsufficientDeliveryPolicyException", "NoSuchBucketException"] {
        let put = mock!(Client::put_delivery_channel).then_http_response(move || error_response(code));
        let rules = [&recorders(vec![recorder("default")]), &channels(&[]), &recording(), &put];
        let error = converge(Duration::DAY, &rules).await.unwrap_err();
        assert!(error.remedy().contains(BUCKET), "{}", error.remedy());
    }
}

#[tokio::test]
async fn every_denied_call_is_reported() {
    let denied_message = |error: StepError| {
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        error.to_string()
    };
    let denied = || error_response("AccessDeniedException");
    let found = || recorders(vec![recorder("default")]);

    let rule = mock!(Client::describe_configuration_recorders).then_http_response(denied);
    let error = converge(Duration::DAY, &[&rule]).await.unwrap_err();
    assert!(denied_message(error).contains("list the recorders"));

    let rule = mock!(Client::describe_delivery_channels).then_http_response(denied);
    let error = converge(Duration::DAY, &[&found(), &rule]).await.unwrap_err();
    assert!(denied_message(error).contains("list the delivery channels"));

    let rule = mock!(Client::describe_configuration_recorder_status).then_http_response(denied);
    let rules = [&found(), &channels(&["default"]), &rule];
    let error = converge(Duration::DAY, &rules).await.unwrap_err();
    assert!(denied_message(error).contains("read the status of the recorder"));

    let rule = mock!(Client::put_configuration_recorder).then_http_response(denied);
    let error = converge(Duration::DAY, &[&recorders(vec![]), &rule]).await.unwrap_err();
    assert!(denied_message(error).contains("put the recorder"));

    let rule = mock!(Client::start_configuration_recorder).then_http_response(denied);
    let rules = [&found(), &channels(&["default"]), &status(false, None), &rule];
    let error = converge(Duration::DAY, &rules).await.unwrap_err();
    assert!(denied_message(error).contains("start the recorder"));
}
