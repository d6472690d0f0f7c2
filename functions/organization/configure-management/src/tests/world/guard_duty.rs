//! GuardDuty in one Region.

use aws_sdk_guardduty::Client;
use aws_sdk_guardduty::config::retry::RetryConfig;
use aws_sdk_guardduty::operation::create_detector::{CreateDetectorError, CreateDetectorOutput};
use aws_sdk_guardduty::operation::get_detector::GetDetectorOutput;
use aws_sdk_guardduty::operation::list_detectors::ListDetectorsOutput;
use aws_sdk_guardduty::operation::update_detector::{UpdateDetectorError, UpdateDetectorOutput};
use aws_sdk_guardduty::types::{
    DetectorFeatureConfiguration, DetectorFeatureConfigurationResult, DetectorFeatureResult, DetectorStatus,
    FeatureStatus,
};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};

use super::{Detector, World};

const ID: &str = "12abc34d567e8fa901bc2d34e56789f0";

pub(super) fn client(world: &World, region: &'static str) -> Client {
    let rules = [lists(world, region), gets(world, region), creates(world, region), updates(world, region)];
    let rules: Vec<&Rule> = rules.iter().collect();
    mock_client!(aws_sdk_guardduty, RuleMode::MatchAny, &rules, |config| config.retry_config(RetryConfig::disabled()))
}

/// With an empty page before the detector.
fn lists(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::list_detectors).then_compute_output(move |list| {
        let detector = world.state().region(region).detector.as_ref().map(|_| ID.to_owned());
        let page = ListDetectorsOutput::builder();
        match list.next_token() {
            None => page.set_detector_ids(Some(vec![])).next_token("more").build(),
            Some(_) => page.set_detector_ids(Some(detector.into_iter().collect())).build(),
        }
    })
}

fn gets(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::get_detector).then_compute_output(move |get| {
        assert_eq!(get.detector_id(), Some(ID));
        let detector = world.state().region(region).detector.clone().unwrap();
        let feature = |(name, is_enabled): (&String, &bool)| {
            let status = if *is_enabled { FeatureStatus::Enabled } else { FeatureStatus::Disabled };
            let name = DetectorFeatureResult::from(name.as_str());
            DetectorFeatureConfigurationResult::builder().name(name).status(status).build()
        };
        let status = if detector.is_enabled { DetectorStatus::Enabled } else { DetectorStatus::Disabled };
        GetDetectorOutput::builder()
            .status(status)
            .set_features(Some(detector.features.iter().map(feature).collect()))
            .set_tags(Some(detector.tags.into_iter().collect()))
            .build()
    })
}

fn creates(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::create_detector).then_compute_response(move |create| {
        let mut state = world.state();
        if let Some(error) = state.write("CreateDetector", region) {
            return MockResponse::Error(CreateDetectorError::generic(error));
        }
        let tags = create.tags().unwrap().clone().into_iter().collect();
        let is_enabled = create.enable().unwrap();
        assert!(!is_enabled, "AWS would charge for every protection plan");
        state.region(region).detector = Some(Detector { is_enabled, tags, ..Detector::default() });
        MockResponse::Output(CreateDetectorOutput::builder().detector_id(ID).build())
    })
}

fn updates(world: &World, region: &'static str) -> Rule {
    let world = world.clone();
    mock!(Client::update_detector).then_compute_response(move |update| {
        let mut state = world.state();
        if let Some(error) = state.write("UpdateDetector", region) {
            return MockResponse::Error(UpdateDetectorError::generic(error));
        }
        let names: Vec<&str> = update.features().iter().map(name).collect();
        assert!(!names.contains(&"CLOUD_TRAIL"), "AWS does not know the feature");
        assert!(!names.iter().any(|name| name.contains("RUNTIME")), "AWS rejects both of them together");
        let detector = state.region(region).detector.as_mut().unwrap();
        detector.is_enabled = update.enable().unwrap();
        for feature in update.features() {
            let is_enabled = feature.status() == Some(&FeatureStatus::Enabled);
            *detector.features.get_mut(name(feature)).unwrap() = is_enabled;
        }
        MockResponse::Output(UpdateDetectorOutput::builder().build())
    })
}

fn name(feature: &DetectorFeatureConfiguration) -> &str {
    feature.name().unwrap().as_str()
}
