//! What must never be in a log.

use local_cloud::Cloud;

/// Neither an email nor an address that CloudFormation reads an answer from.
pub(crate) async fn hold_no_secrets(cloud: &Cloud) {
    let lines = cloud.logs().await;
    assert!(lines.len() > 100, "only {} lines were logged", lines.len());
    for (group, line) in lines {
        assert!(!line.contains("@example.com") && !line.contains("%40example.com"), "an email in {group}: {line}");
        assert!(!line.contains("cfn-response"), "a ResponseURL in {group}: {line}");
    }
}
