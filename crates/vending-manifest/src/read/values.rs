//! Parses single values.

use vending_core::{Arn, INVALID_NAME, ObjectReader};

/// Reports the problem of the name of the object that is read, if it has one.
pub(super) fn name<T>(fields: &mut ObjectReader<'_>, parsed: Result<T, String>) {
    if let Err(detail) = parsed {
        fields.problem_at(&[], format!("{INVALID_NAME}{detail}"));
    }
}

/// The name of a policy, which is also the name of its file.
pub(crate) fn policy_name(text: &str) -> Result<String, String> {
    let is_valid = (1..=128).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_valid {
        return Ok(text.to_owned());
    }
    Err("must have 1 to 128 letters, digits, hyphens, and underscores, because it is the name of a file".to_owned())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(super) fn bucket(text: &str) -> Result<String, String> {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let is_valid = (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| is_end(*byte) || b".-".contains(byte))
        && bytes.first().is_some_and(|byte| is_end(*byte))
        && bytes.last().is_some_and(|byte| is_end(*byte))
        && !text.contains("..");
    if is_valid {
        return Ok(text.to_owned());
    }
    Err("must be the name of an S3 bucket, not its ARN: 3 to 63 lowercase letters, digits, dots, and hyphens"
        .to_owned())
}

/// The name of a trail, or its ARN:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html>.
pub(super) fn trail_name(text: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        (3..=128).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.ends_with(|last: char| last.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            && !name.as_bytes().windows(2).any(|pair| pair.iter().all(|byte| b"._-".contains(byte)))
    };
    let arn = Arn::parse(text).filter(|arn| arn.service == "cloudtrail" && !arn.region.is_empty());
    let name = arn.and_then(|arn| arn.resource_after("trail/")).unwrap_or(text);
    if is_name(name) {
        return Ok(text.to_owned());
    }
    Err("must be the name of a trail, of 3 to 128 letters, digits, and single . _ -, or the ARN of a trail".to_owned())
}

/// A duration like PT8H or PT1H30M, from 1 to 12 hours.
pub(super) fn session(text: &str) -> Result<String, String> {
    let minutes = || {
        let (hours, rest) = text.strip_prefix("PT")?.split_once('H')?;
        let minutes = if rest.is_empty() { "0" } else { rest.strip_suffix('M')? };
        let number = |digits: &str| -> Option<u32> {
            let is_number = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| is_number)
        };
        Some(number(hours)? * 60 + number(minutes).filter(|minutes| *minutes < 60)?)
    };
    if minutes().is_some_and(|minutes| (60..=720).contains(&minutes)) {
        return Ok(text.to_owned());
    }
    Err("must be a duration from PT1H to PT12H, like PT8H".to_owned())
}

/// The path of a JSON file in the folder of the manifest.
pub(super) fn json_file(text: &str) -> Result<String, String> {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if text.len() <= 200 && text.strip_suffix(".json").is_some() && text.split('/').all(is_part) {
        return Ok(text.to_owned());
    }
    let expected = "must be the path of a JSON file below the folder of the manifest";
    Err(format!("{expected}, like permission-sets/security-audit.json"))
}

/// A standard of Security Hub, without the part of its ARN that depends on the Region.
pub(super) fn standard(text: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_version =
        |version: &str| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if text.split_once("/v/").is_some_and(|(name, version)| is_name(name) && is_version(version)) {
        return Ok(text.to_owned());
    }
    Err("must be a standard and its version, like aws-foundational-security-best-practices/v/1.0.0".to_owned())
}

/// The name of an AWS managed rule in lower case.
pub(super) fn rule_name(text: &str) -> Result<String, String> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if text.len() <= 128 && text.split('-').all(is_word) {
        return Ok(text.to_owned());
    }
    Err("must be the name of an AWS managed rule, in lower case with hyphens, like rds-storage-encrypted".to_owned())
}

pub(super) fn line(most: usize) -> impl Fn(&str) -> Result<String, String> {
    move |text| {
        let is_valid =
            (1..=most).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control);
        if is_valid {
            return Ok(text.to_owned());
        }
        Err(format!("must have 1 to {most} characters in one line, without a space at either end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_is_from_one_to_twelve_hours() {
        for (text, is_valid) in [
            ("PT1H", true),
            ("PT12H", true),
            ("PT1H30M", true),
            ("PT12H1M", false),
            ("PT0H59M", false),
            ("PT13H", false),
            ("PT90M", false),
            ("1h", false),
            ("PT1H60M", false),
            ("PTH", false),
            ("PT+1H", false),
        ] {
            assert_eq!(session(text).is_ok(), is_valid, "{text}");
        }
    }

    #[test]
    fn file_stays_below_the_folder() {
        for (text, is_valid) in [
            ("permission-sets/a.json", true),
            ("a.json", true),
            ("../a.json", false),
            ("/etc/a.json", false),
            ("a/../b.json", false),
            ("a.yaml", false),
            ("a//b.json", false),
            ("C:\\a.json", false),
        ] {
            assert_eq!(json_file(text).is_ok(), is_valid, "{text}");
        }
    }

    #[test]
    fn description_is_one_line() {
        assert!(line(5)("ab cd").is_ok());
        assert!(line(5)("ab\ncd").is_err() && line(5)("").is_err() && line(5)(" a").is_err());
    }

    #[test]
    fn names_follow_the_rules_of_aws() {
        assert!(bucket("acme-logs.example").is_ok() && trail_name("organization-trail").is_ok());
        assert!(trail_name("arn:aws:cloudtrail:eu-west-1:111122223333:trail/all").is_ok());
        for text in ["Acme", "a", "-acme", "acme-", "a..b", "arn:aws:s3:::acme", "a_b"] {
            assert!(bucket(text).is_err(), "{text}");
        }
        for text in ["ab", "a__b", "-abc", "a b c", "arn:aws:s3:::abc"] {
            assert!(trail_name(text).is_err(), "{text}");
        }
        assert!(standard("nist-800-53/v/5.0.0").is_ok() && standard("nist-800-53").is_err());
        assert!(rule_name("rds-storage-encrypted").is_ok() && rule_name("RDS_STORAGE_ENCRYPTED").is_err());
        assert!(policy_name("deny-root-user").is_ok() && policy_name("a/b").is_err() && policy_name("").is_err());
    }
}
