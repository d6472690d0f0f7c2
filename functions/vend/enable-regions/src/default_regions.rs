//! The Regions that are enabled in every account and cannot be disabled.

/// The default Regions, from
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>. The list does not grow: every
/// Region that was launched after 2019-03-20 is an opt-in Region.
pub(crate) const ALL: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

pub(crate) fn include(regions: &[String]) -> bool {
    regions.iter().all(|region| ALL.contains(&region.as_str()))
}
