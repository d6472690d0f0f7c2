//! AWS Config in one Region.

use aws_sdk_config::Client;
use aws_sdk_config::config::retry::RetryConfig;
use aws_sdk_config::operation::describe_configuration_recorder_status::DescribeConfigurationRecorderStatusOutput;
use aws_sdk_config::operation::describe_configuration_recorders::DescribeConfigurationRecordersOutput;
use aws_sdk_config::operation::describe_delivery_channels::DescribeDeliveryChannelsOutput;
use aws_sdk_config::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_config::operation::put_configuration_recorder::{
    PutConfigurationRecorderError, PutConfigurationRecorderOutput,
};
use aws_sdk_config::operation::put_delivery_channel::{PutDeliveryChannelError, PutDeliveryChannelOutput};
use aws_sdk_config::operation::start_configuration_recorder::{
    StartConfigurationRecorderError, StartConfigurationRecorderOutput,
};
use aws_sdk_config::types::{ConfigurationRecorder, ConfigurationRecorderStatus, Tag};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};

use super::World;

pub(super) fn client(world: &World, region: &'static str) -> Client {
    let rules = [
        lists_recorders(world, region),
        lists_tags(world, region),
        lists_channels(world, region),
        reads_status(world, region),
        puts_recorder(world, region),
        puts_channel(world, region),
        starts(world, region),
    ];
    let rules: Vec<&Rule> = rules.iter().collect();
    mock_client!(aws_sdk_config, RuleMode::MatchAny, &rules, |config| config.retry_config(RetryConfig::disabled()))
}

fn lists_recorders(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::describe_configuration_recorders).then_compute_output(move |_| {
        let mut state = world.state();
        let region = state.region(region);
        let recorders = region.linked.iter().chain(&region.recorder).cloned().collect();
        DescribeConfigurationRecordersOutput::builder().set_configuration_recorders(Some(recorders)).build()
    })
}

fn lists_tags(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::list_tags_for_resource).then_compute_output(move |list| {
        let mut state = world.state();
        let region = state.region(region);
        assert_eq!(list.resource_arn(), region.recorder.as_ref().and_then(ConfigurationRecorder::arn));
        let tags = region.recorder_tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        ListTagsForResourceOutput::builder().set_tags(Some(tags.collect())).build()
    })
}

fn lists_channels(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::describe_delivery_channels).then_compute_output(move |_| {
        let channels = world.state().region(region).channel.iter().cloned().collect();
        DescribeDeliveryChannelsOutput::builder().set_delivery_channels(Some(channels)).build()
    })
}

fn reads_status(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::describe_configuration_recorder_status).then_compute_output(move |_| {
        let mut state = world.state();
        let region = state.region(region);
        let linked = region.linked.as_ref().and_then(ConfigurationRecorder::service_principal);
        let linked = linked
            .map(|service| ConfigurationRecorderStatus::builder().recording(true).service_principal(service).build());
        let own = ConfigurationRecorderStatus::builder().recording(region.is_recording).build();
        let statuses = linked.into_iter().chain([own]).collect();
        DescribeConfigurationRecorderStatusOutput::builder().set_configuration_recorders_status(Some(statuses)).build()
    })
}

fn puts_recorder(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::put_configuration_recorder).then_compute_response(move |put| {
        let mut state = world.state();
        if let Some(error) = state.write("PutConfigurationRecorder", region) {
            return MockResponse::Error(PutConfigurationRecorderError::generic(error));
        }
        let (is_new, mut recorder) =
            (state.region(region).recorder.is_none(), put.configuration_recorder().unwrap().clone());
        recorder.arn = Some(format!("arn:aws:config:{region}:123456789012:configuration-recorder/default/1"));
        state.region(region).recorder = Some(recorder);
        if is_new {
            let tags = put.tags().iter().map(|tag| (tag.key().unwrap().to_owned(), tag.value().unwrap().to_owned()));
            state.region(region).recorder_tags = tags.collect();
        }
        MockResponse::Output(PutConfigurationRecorderOutput::builder().build())
    })
}

fn puts_channel(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::put_delivery_channel).then_compute_response(move |put| {
        let mut state = world.state();
        if let Some(error) = state.write("PutDeliveryChannel", region) {
            return MockResponse::Error(PutDeliveryChannelError::generic(error));
        }
        assert!(state.region(region).recorder.is_some(), "AWS needs the recorder first");
        state.region(region).channel = put.delivery_channel().cloned();
        MockResponse::Output(PutDeliveryChannelOutput::builder().build())
    })
}

fn starts(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::start_configuration_recorder).then_compute_response(move |start| {
        let mut state = world.state();
        if let Some(error) = state.write("StartConfigurationRecorder", region) {
            return MockResponse::Error(StartConfigurationRecorderError::generic(error));
        }
        let region = state.region(region);
        assert!(region.channel.is_some(), "AWS needs the delivery channel first");
        assert_eq!(start.configuration_recorder_name(), region.recorder.as_ref().and_then(ConfigurationRecorder::name));
        region.is_recording = true;
        MockResponse::Output(StartConfigurationRecorderOutput::builder().build())
    })
}
