//! The protection plans of a new detector.

use aws_sdk_guardduty::types::{
    DetectorFeature, DetectorFeatureConfiguration, DetectorFeatureConfigurationResult, FeatureStatus,
};
use strum::IntoEnumIterator;
use vending_manifest::GuardDutyFeature;

/// What every detector has. It cannot be configured.
const FOUNDATIONAL: [&str; 3] = ["CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS"];

/// The plans to change: those of the manifest are enabled if the Region has them, and all others are disabled. If AWS
/// does not say which the Region has, all are given, because AWS enables a plan that is not.
///
/// AWS rejects `RUNTIME_MONITORING` together with `EKS_RUNTIME_MONITORING`, and enables neither by itself. So only
/// differences are given.
pub(super) fn features(
    known: &[DetectorFeatureConfigurationResult],
    wanted: &[GuardDutyFeature],
) -> Vec<DetectorFeatureConfiguration> {
    let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let status = |name: &str| {
        let is_wanted = wanted.iter().any(|wanted| wanted == name);
        if is_wanted { FeatureStatus::Enabled } else { FeatureStatus::Disabled }
    };
    let plans = known.iter().filter_map(|feature| Some((feature.name()?.as_str(), feature.status())));
    let plans: Vec<_> = plans.filter(|(name, _)| !FOUNDATIONAL.contains(name)).collect();
    if plans.is_empty() {
        let all = GuardDutyFeature::iter().map(|plan| plan.to_string());
        return all.map(|name| feature(&name, status(&name))).collect();
    }
    let differing = plans.into_iter().filter(|(name, found)| *found != Some(&status(name)));
    differing.map(|(name, _)| feature(name, status(name))).collect()
}

fn feature(name: &str, status: FeatureStatus) -> DetectorFeatureConfiguration {
    DetectorFeatureConfiguration::builder().name(DetectorFeature::from(name)).status(status).build()
}

#[cfg(test)]
mod tests {
    use FeatureStatus::{Disabled, Enabled};
    use GuardDutyFeature::{AiProtection, LambdaNetworkLogs, RdsLoginEvents, S3DataEvents};
    use aws_sdk_guardduty::types::DetectorFeatureResult;

    use super::*;

    fn configured(known: &[(&str, FeatureStatus)], wanted: &[GuardDutyFeature]) -> Vec<(String, FeatureStatus)> {
        let known: Vec<_> = known
            .iter()
            .map(|(name, status)| {
                let feature = DetectorFeatureConfigurationResult::builder().name(DetectorFeatureResult::from(*name));
                feature.status(status.clone()).build()
            })
            .collect();
        let features = features(&known, wanted).into_iter();
        features.map(|feature| (feature.name.unwrap().as_str().to_owned(), feature.status.unwrap())).collect()
    }

    fn expected(features: &[(&str, FeatureStatus)]) -> Vec<(String, FeatureStatus)> {
        features.iter().map(|(name, status)| ((*name).to_owned(), status.clone())).collect()
    }

    #[test]
    fn only_wanted_plans_of_the_region_are_enabled() {
        let region = [
            ("CLOUD_TRAIL", Enabled),
            ("S3_DATA_EVENTS", Disabled),
            ("EKS_AUDIT_LOGS", Enabled),
            ("EKS_RUNTIME_MONITORING", Disabled),
            ("RDS_LOGIN_EVENTS", Enabled),
            ("A_NEW_PLAN", Enabled),
        ];
        let wanted = [S3DataEvents, LambdaNetworkLogs, RdsLoginEvents];
        assert_eq!(
            configured(&region, &wanted),
            expected(&[("S3_DATA_EVENTS", Enabled), ("EKS_AUDIT_LOGS", Disabled), ("A_NEW_PLAN", Disabled)])
        );
    }

    #[test]
    fn every_plan_is_given_if_the_region_shows_none() {
        let configured = configured(&[("FLOW_LOGS", Enabled)], &[AiProtection]);
        let enabled: Vec<&str> =
            configured.iter().filter(|(_, status)| *status == Enabled).map(|(name, _)| name.as_str()).collect();
        assert_eq!(enabled, ["AI_PROTECTION"]);
        assert_eq!(configured.len(), GuardDutyFeature::iter().count());
    }
}
