//! A metric in CloudWatch's embedded metric format: a log line that CloudWatch Logs turns into a metric, without an API call.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write;

use serde_json::{Value, json};
use time::OffsetDateTime;

pub(crate) fn unreported_requests(stack_name: &str, count: usize) {
    let line = embedded(stack_name, count, OffsetDateTime::now_utc());
    // A metric that cannot be written is no reason to fail: the log has each request's error.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn embedded(stack_name: &str, count: usize, at: OffsetDateTime) -> Value {
    json!({
        "_aws": {
            "Timestamp": at.unix_timestamp() * 1000,
            "CloudWatchMetrics": [{
                "Namespace": "AccountVending",
                "Dimensions": [["StackName"]],
                "Metrics": [{ "Name": "UnreportedRequests", "Unit": "Count" }]
            }]
        },
        "StackName": stack_name,
        "UnreportedRequests": count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metric_names_its_dimension_and_value() {
        let line = embedded("stack", 2, OffsetDateTime::UNIX_EPOCH);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line[directive["Metrics"][0]["Name"].as_str().unwrap()], 2);
        assert_eq!(line[directive["Dimensions"][0][0].as_str().unwrap()], "stack");
    }
}
