//! Times and durations, as people read them.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// In UTC, to the second.
pub(crate) fn at(moment: OffsetDateTime) -> String {
    moment.replace_nanosecond(0).unwrap_or(moment).format(&Rfc3339).unwrap_or_default()
}

/// Such as `0.3 s`, `42 s`, `3 min 05 s`.
pub(crate) fn took(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{}.{} s", seconds, duration.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// The time since a moment, or zero: clocks differ.
pub(crate) fn since(moment: OffsetDateTime, now: OffsetDateTime) -> Duration {
    (now - moment).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        let cases = [(310, "0.3 s"), (9_999, "9.9 s"), (42_000, "42 s"), (185_000, "3 min 05 s")];
        for (milliseconds, expected) in cases {
            assert_eq!(took(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn moment_in_the_future_is_now() {
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(since(now + Duration::from_secs(1), now), Duration::ZERO);
        assert_eq!(since(now, now + Duration::from_secs(5)), Duration::from_secs(5));
        assert_eq!(at(now + Duration::from_millis(1_500)), "1970-01-01T00:00:01Z");
    }
}
