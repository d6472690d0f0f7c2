//! Writes metrics in the CloudWatch embedded metric format: CloudWatch Logs extracts them from the log.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Requests that the sweep could neither report nor resume.
pub(crate) const UNREPORTED_REQUESTS: &str = "UnreportedRequests";

pub(crate) fn put(metric: &str, stack_name: &str, count: usize) {
    let line = embedded(metric, stack_name, count, OffsetDateTime::now_utc());
    // The sweep does not fail if the metric cannot be written: the log has the error of each request.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The line has a level and a time: Lambda treats a JSON line without them as level INFO, and drops it if only warnings
/// or errors are logged.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
fn embedded(metric: &str, stack_name: &str, count: usize, at: OffsetDateTime) -> Value {
    json!({
        "level": "ERROR",
        "timestamp": at.format(&Rfc3339).unwrap_or_default(),
        "_aws": {
            "Timestamp": at.unix_timestamp() * 1000,
            "CloudWatchMetrics": [{
                "Namespace": "AccountVending",
                "Dimensions": [["StackName"]],
                "Metrics": [{ "Name": metric, "Unit": "Count" }]
            }]
        },
        "StackName": stack_name,
        metric: count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_has_dimension_and_value() {
        let line = embedded(UNREPORTED_REQUESTS, "stack", 2, OffsetDateTime::UNIX_EPOCH);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line[directive["Metrics"][0]["Name"].as_str().unwrap()], 2);
        assert_eq!(line[directive["Dimensions"][0][0].as_str().unwrap()], "stack");
    }

    #[test]
    fn metric_is_logged_at_every_log_level() {
        let line = embedded(UNREPORTED_REQUESTS, "stack", 0, OffsetDateTime::UNIX_EPOCH);
        assert_eq!((&line["level"], &line["timestamp"]), (&json!("ERROR"), &json!("1970-01-01T00:00:00Z")));
    }
}
