//! Checks the logs of the functions for data that must not be in them.

use cloud::Cloud;

/// No log line has an email or a `ResponseURL` of CloudFormation.
pub(crate) async fn check_for_secrets(cloud: &Cloud) {
    let lines = cloud.logs().await;
    assert!(lines.len() > 100, "only {} lines were logged", lines.len());
    for (group, line) in lines {
        assert!(!line.contains("@example.com") && !line.contains("%40example.com"), "an email in {group}: {line}");
        assert!(!line.contains("cfn-response"), "a ResponseURL in {group}: {line}");
    }
}
