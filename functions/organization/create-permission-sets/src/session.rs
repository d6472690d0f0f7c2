//! How long a session can last.

/// What AWS sets without a duration.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html>
pub(crate) const DEFAULT: &str = "PT1H";

/// The minutes of an ISO 8601 duration in hours and minutes, like `PT1H30M`. `None` for one with other units, which
/// only others set.
pub(crate) fn minutes(duration: &str) -> Option<u32> {
    let rest = duration.strip_prefix("PT")?;
    let (hours, rest) = rest.split_once('H').unwrap_or(("0", rest));
    let minutes = if rest.is_empty() { "0" } else { rest.strip_suffix('M')? };
    Some(hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_compared_in_minutes() {
        for (duration, expected) in [
            ("PT1H", Some(60)),
            ("PT12H", Some(720)),
            ("PT1H30M", Some(90)),
            ("PT90M", Some(90)),
            ("P1D", None),
            ("PT3600S", None),
            ("PT1H30", None),
        ] {
            assert_eq!(minutes(duration), expected, "{duration}");
        }
    }
}
