//! Checks the parameters of calls about permission sets.
//!
//! <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>

use serde_json::Value;

use super::invalid;
use crate::tags;
use crate::wire::{AwsError, AwsRequest};

/// The session of a permission set, in seconds.
const SESSION: std::ops::RangeInclusive<u64> = 3_600..=43_200;

const MAX_INLINE_POLICY: usize = 32_768;

/// White space does not count.
const INLINE_POLICY_QUOTA: usize = 10_240;

pub(super) fn check(request: &AwsRequest) -> Result<(), AwsError> {
    match request.operation.as_str() {
        "CreatePermissionSet" => {
            check_name(request.string("Name").unwrap_or_default())?;
            tags::read(&request.parameters["Tags"]).map_err(|message| invalid(&message))?;
            check_fields(request)
        }
        "UpdatePermissionSet" => check_fields(request),
        "PutInlinePolicyToPermissionSet" => check_inline_policy(request.string("InlinePolicy").unwrap_or_default()),
        _ => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    if (1..=32).contains(&name.len()) && name.chars().all(is_allowed) {
        return Ok(());
    }
    Err(invalid("Name must have 1 to 32 letters, digits, and characters of _+=,.@-"))
}

fn check_fields(request: &AwsRequest) -> Result<(), AwsError> {
    check_length(request, "Description", 700)?;
    check_length(request, "RelayState", 240)?;
    match request.string("SessionDuration").map(seconds) {
        None => Ok(()),
        Some(Some(seconds)) if SESSION.contains(&seconds) => Ok(()),
        _ => Err(invalid("SessionDuration must be an ISO 8601 duration from PT1H to PT12H")),
    }
}

fn check_length(request: &AwsRequest, field: &str, most: usize) -> Result<(), AwsError> {
    let length = request.string(field).map(|text| text.chars().count());
    if length.is_none_or(|length| (1..=most).contains(&length)) {
        return Ok(());
    }
    Err(invalid(&format!("{field} must have 1 to {most} characters")))
}

/// Returns the seconds of an ISO 8601 duration of days, hours, minutes, and seconds.
fn seconds(duration: &str) -> Option<u64> {
    let mut total = 0;
    let mut number = String::new();
    let mut is_time = false;
    for character in duration.strip_prefix('P')?.chars() {
        let unit = match (character, is_time) {
            (digit, _) if digit.is_ascii_digit() => {
                number.push(digit);
                continue;
            }
            ('T', false) if number.is_empty() => {
                is_time = true;
                continue;
            }
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        let count: u64 = std::mem::take(&mut number).parse().ok()?;
        total += count.checked_mul(unit)?;
    }
    number.is_empty().then_some(total)
}

fn check_inline_policy(policy: &str) -> Result<(), AwsError> {
    if policy.is_empty() || policy.chars().count() > MAX_INLINE_POLICY {
        return Err(invalid(&format!("InlinePolicy must have 1 to {MAX_INLINE_POLICY} characters")));
    }
    let is_policy = serde_json::from_str(policy)
        .is_ok_and(|policy: Value| policy["Statement"].is_object() || policy["Statement"].is_array());
    if !is_policy {
        return Err(invalid("InlinePolicy must be the JSON of a policy with a Statement"));
    }
    if policy.chars().filter(|character| !character.is_whitespace()).count() > INLINE_POLICY_QUOTA {
        let message =
            format!("An inline policy can have at most {INLINE_POLICY_QUOTA} characters without white space.");
        return Err(AwsError::new(400, "ServiceQuotaExceededException", &message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_read() {
        for (duration, expected) in [
            ("PT1H", Some(3_600)),
            ("PT90M", Some(5_400)),
            ("PT1H30M5S", Some(5_405)),
            ("P1DT1S", Some(86_401)),
            ("1H", None),
            ("P1H", None),
            ("PT1", None),
            ("PTH", None),
            ("PT1X", None),
        ] {
            assert_eq!(seconds(duration), expected, "{duration}");
        }
    }

    #[test]
    fn inline_policies_are_limited() {
        let code = |policy: String| check_inline_policy(&policy).err().map(|error| error.code);
        let with = |length: usize| json!({"Statement": {"Sid": "s".repeat(length)}});
        let shortest = with(0).to_string().len();
        assert_eq!(code(with(10_240 - shortest).to_string()), None);
        assert_eq!(code(format!("{}{}", with(10_240 - shortest), " ".repeat(1_000))), None);
        assert_eq!(code(with(10_241 - shortest).to_string()).as_deref(), Some("ServiceQuotaExceededException"));
        for policy in ["", "{", "{}", "[]"] {
            assert_eq!(code(policy.to_owned()).as_deref(), Some("ValidationException"), "{policy:?}");
        }
        assert_eq!(code(with(32_768).to_string()).as_deref(), Some("ValidationException"));
    }
}
