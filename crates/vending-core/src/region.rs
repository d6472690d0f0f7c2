//! AWS Regions.

use crate::suggestion::nearest;

/// The Region of the global services, where everything of this stack runs.
pub const GLOBAL_REGION: &str = "us-east-1";

/// The Regions of the `aws` partition that are enabled in every account and cannot be disabled:
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>, as of November 2026.
pub const DEFAULT_REGIONS: [&str; 17] = [
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

/// The Regions that an account must enable, from the same page.
const OPT_IN: [&str; 17] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// The parts of Region names, from which AWS forms new ones.
const AREAS: [&str; 9] = ["af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"];
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// Whether accounts must enable a Region before they can use it. All Regions since March 2019 are opt-in Regions, so a
/// Region that is newer than this list is, too.
pub fn is_opt_in_region(region: &str) -> bool {
    !DEFAULT_REGIONS.contains(&region)
}

/// Parses the name of a Region of the `aws` partition. A Region that is newer than the list is accepted if its name is
/// formed like those of the others, so that only misspelled names are errors.
pub fn region(text: &str) -> Result<String, String> {
    if known().any(|known| known == text) || is_formed_like_a_region(text) {
        return Ok(text.to_owned());
    }
    if ["us-gov-", "cn-", "us-iso", "eu-isoe-", "eusc-"].iter().any(|prefix| text.starts_with(prefix)) {
        return Err("must be a Region of the partition aws; other partitions are not supported".to_owned());
    }
    let meant = nearest(text, known()).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Err(format!("must be the name of an AWS Region, like eu-central-1{meant}"))
}

fn known() -> impl Iterator<Item = &'static str> {
    DEFAULT_REGIONS.into_iter().chain(OPT_IN)
}

fn is_formed_like_a_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, direction, number] = parts[..] else { return false };
    AREAS.contains(&area) && DIRECTIONS.contains(&direction) && matches!(number.as_bytes(), [b'1'..=b'9'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_region_is_formed_like_a_region() {
        for name in known() {
            assert!(is_formed_like_a_region(name), "{name}");
        }
    }

    #[test]
    fn newer_region_is_accepted_and_a_typo_is_not() {
        assert!(region("eu-central-1").is_ok());
        assert!(region("eu-north-2").is_ok());
        for (text, why) in [
            ("eu-centrl-1", "did you mean `eu-central-1`?"),
            ("us-esat-1", "did you mean `us-east-1`?"),
            ("EU-CENTRAL-1", "did you mean `eu-central-1`?"),
            ("eu-central-10", "did you mean `eu-central-1`?"),
            ("eu-central", "did you mean `eu-central-1`?"),
            ("frankfurt", "like eu-central-1"),
            ("us-gov-west-1", "partition"),
            ("cn-north-1", "partition"),
        ] {
            let detail = region(text).unwrap_err();
            assert!(detail.contains(why), "{text}: {detail}");
        }
    }

    #[test]
    fn region_since_2019_is_opt_in() {
        assert!(!is_opt_in_region("eu-central-1"));
        assert!(is_opt_in_region("eu-central-2"));
        assert!(is_opt_in_region("eu-north-2"));
    }
}
