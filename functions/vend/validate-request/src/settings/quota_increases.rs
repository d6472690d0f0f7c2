//! Parses the setting `QUOTA_INCREASES`.

use serde_json::Number;
use vending_core::QuotaIncrease;

/// The maximum value of RequestServiceQuotaIncrease.
const MAXIMUM: f64 = 10_000_000_000.0;

pub(crate) fn parse(entries: &[String], home_region: &str) -> Result<Vec<QuotaIncrease>, String> {
    let mut all: Vec<QuotaIncrease> = Vec::new();
    for entry in entries {
        let Some(wanted) = parse_entry(entry, home_region) else {
            return Err(format!(
                "`{entry}` is not valid: expected a form like ec2/L-1216C47A=64 or, for a Region other than {home_region}, eu-west-1:ec2/L-1216C47A=64"
            ));
        };
        if all.iter().any(|other| other.to_string() == wanted.to_string()) {
            return Err(format!("{wanted} is a duplicate"));
        }
        all.push(wanted);
    }
    Ok(all)
}

fn parse_entry(entry: &str, home_region: &str) -> Option<QuotaIncrease> {
    let (quota, value) = entry.split_once('=')?;
    let (region, quota) = quota.split_once(':').unwrap_or((home_region, quota));
    let (service, code) = quota.split_once('/')?;
    let is_in_range = |value: &Number| value.as_f64().is_some_and(|value| value > 0.0 && value <= MAXIMUM);
    let value = value.parse().ok().filter(is_in_range)?;
    let is_valid = is_code(region) && is_code(service) && is_code(code) && code.starts_with("L-");
    is_valid.then(|| QuotaIncrease {
        region: Some(region.to_owned()),
        service: service.to_owned(),
        code: code.to_owned(),
        value,
    })
}

/// A letter, then letters, digits, and hyphens. The API has this pattern for both codes, and Regions match it, too.
fn is_code(code: &str) -> bool {
    let starts_with_a_letter = code.starts_with(|character: char| character.is_ascii_alphabetic());
    starts_with_a_letter && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(entries: &[&str]) -> Result<Vec<QuotaIncrease>, String> {
        let entries: Vec<String> = entries.iter().map(|&entry| entry.to_owned()).collect();
        parse(&entries, "us-east-1")
    }

    fn wanted(region: &str, service: &str, code: &str, value: Number) -> QuotaIncrease {
        let [region, service, code] = [region, service, code].map(str::to_owned);
        QuotaIncrease { region: Some(region), service, code, value }
    }

    #[test]
    fn entry_defaults_to_the_home_region() {
        let increases = parsed(&["ec2/L-1216C47A=64", "eu-west-1:vpc/L-F678F1CE=20", "AWSCloudMap/L-0FE3F50E=0.5"]);
        let expected = [
            wanted("us-east-1", "ec2", "L-1216C47A", 64.into()),
            wanted("eu-west-1", "vpc", "L-F678F1CE", 20.into()),
            wanted("us-east-1", "AWSCloudMap", "L-0FE3F50E", Number::from_f64(0.5).unwrap()),
        ];
        assert_eq!(increases.unwrap(), expected);
        assert_eq!(expected[1].to_string(), "vpc/L-F678F1CE in eu-west-1");
    }

    #[test]
    fn invalid_entry_is_rejected() {
        for entry in [
            "ec2/L-1216C47A",
            "ec2=64",
            "ec2/1216C47A=64",
            "ec2/L-1216C47A=many",
            "ec2/L-1216C47A=0",
            "ec2/L-1216C47A=-1",
            "ec2/L-1216C47A=inf",
            "ec2/L-1216C47A=NaN",
            "ec2/L-1216C47A=10000000001",
            ":ec2/L-1216C47A=64",
            "eu west 1:ec2/L-1216C47A=64",
            "/L-1216C47A=64",
            "ec2/a/L-1216C47A=64",
        ] {
            let why = parsed(&["vpc/L-F678F1CE=20", entry]).unwrap_err();
            assert!(why.starts_with(&format!("`{entry}` is not valid")), "{why}");
        }
    }

    #[test]
    fn duplicate_entry_is_rejected() {
        let why = parsed(&["ec2/L-1216C47A=64", "us-east-1:ec2/L-1216C47A=96"]).unwrap_err();
        assert_eq!(why, "ec2/L-1216C47A in us-east-1 is a duplicate");
        parsed(&["ec2/L-1216C47A=64", "eu-west-1:ec2/L-1216C47A=64"]).unwrap();
    }
}
