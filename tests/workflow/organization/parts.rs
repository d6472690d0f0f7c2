//! The parts of the organization other than OUs and policies: root access, the management account, costs, and
//! permission sets.

use cloud::{Caller, Cloud, Wire, local_manifest, manifest_with_parts};
use local_cloud::strict::{Fault, Rule};
use serde_json::{Value, json};

use super::{apply, names, plan};

const MANAGEMENT: &str = "123456789012";

/// The changes that bring all parts from nothing.
fn all_changes() -> Vec<&'static str> {
    vec![
        "organization:rootAccess.RootCredentialsManagement",
        "organization:rootAccess.RootSessions",
        "management account:contacts.security",
        "organization:costs.anomalies.subscribers",
        "permission set GroundAudit:name",
        "permission set GroundRead:name",
        "group ground-admins:name",
    ]
}

struct Drift {
    management: Wire,
    /// The ARN of the instance of IAM Identity Center.
    instance: String,
}

impl Drift {
    async fn new(cloud: &Cloud) -> Self {
        let management = cloud.wire(MANAGEMENT);
        let instances = management.json("sso", "SWBExternalService.ListInstances", &json!({})).await;
        Self { management, instance: instances["Instances"][0]["InstanceArn"].as_str().unwrap().to_owned() }
    }

    async fn permission_set(&self, name: &str) -> Option<String> {
        let input = json!({ "InstanceArn": self.instance });
        let listed = self.sso("ListPermissionSets", &input).await;
        for arn in listed["PermissionSets"].as_array().unwrap() {
            let input = json!({ "InstanceArn": self.instance, "PermissionSetArn": arn });
            if self.sso("DescribePermissionSet", &input).await["PermissionSet"]["Name"] == name {
                return Some(arn.as_str().unwrap().to_owned());
            }
        }
        None
    }

    async fn sso(&self, operation: &str, input: &Value) -> Value {
        self.management.json("sso", &format!("SWBExternalService.{operation}"), input).await
    }
}

/// From nothing to all parts, again without a change; what someone changed by hand is what a plan shows, and what a run
/// puts back.
#[tokio::test]
async fn alone_parts_are_built_and_drift_is_put_back() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let planned = plan(&caller, &manifest_with_parts()).await;
    let found = names(&planned, |_| true);
    for expected in all_changes() {
        assert!(found.contains(&expected.to_owned()), "{expected} is not in {found:#?}");
    }
    let applied = apply(&caller, &manifest_with_parts()).await;
    assert_eq!(names(&applied, |_| true), found, "{applied:#}");
    assert_eq!(plan(&caller, &manifest_with_parts()).await["changes"], json!([]));

    let drift = Drift::new(&cloud).await;
    let audit = drift.permission_set("GroundAudit").await.unwrap();
    let session = json!({ "InstanceArn": drift.instance, "PermissionSetArn": audit, "SessionDuration": "PT12H" });
    drift.sso("UpdatePermissionSet", &session).await;
    drift.management.iam("DisableOrganizationsRootSessions", &[]).await;
    let contact = json!({ "AlternateContactType": "SECURITY" });
    drift.management.rest("account", "POST", "/deleteAlternateContact", Some(&contact)).await;
    let stop = json!({ "ConfigurationRecorderName": "default" });
    drift
        .management
        .in_region("eu-west-1")
        .json("config", "StarlingDoveService.StopConfigurationRecorder", &stop)
        .await;
    let planned = plan(&caller, &manifest_with_parts()).await;
    let expected = [
        "organization:rootAccess.RootSessions",
        "management account:contacts.security",
        "management account:recordChanges.eu-west-1.isRecording",
        "permission set GroundAudit:session",
    ];
    assert_eq!(names(&planned, |_| true), expected, "{planned:#}");
    let applied = apply(&caller, &manifest_with_parts()).await;
    assert_eq!(names(&applied, |_| true), expected, "{applied:#}");
    assert_eq!(plan(&caller, &manifest_with_parts()).await["changes"], json!([]));

    // What left the file: our permission set is deleted, and everything else stays.
    let mut without = manifest_with_parts();
    without["identityCenter"]["permissionSets"].as_object_mut().unwrap().remove("GroundRead");
    without.as_object_mut().unwrap().remove("costs");
    let applied = apply(&caller, &without).await;
    assert!(names(&applied, |_| true).iter().any(|name| name.starts_with("permission set GroundRead")), "{applied:#}");
    assert_eq!(drift.permission_set("GroundRead").await, None);
    apply(&caller, &local_manifest()).await;
    assert_eq!(drift.permission_set("GroundAudit").await, None);
}

/// A failure stops only what depends on it.
#[tokio::test]
async fn alone_failure_of_one_part_leaves_the_others() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let denied =
        Rule::new("ce", "GetAnomalyMonitors", Fault::error(400, "AccessDeniedException", "injected by the test"));
    let denied = Rule { times: Rule::ALWAYS, ..denied };
    let rule = cloud.strict.add_rule(&denied).await.unwrap();
    let failed = plan(&caller, &manifest_with_parts()).await;
    cloud.strict.remove_rule(rule).await.unwrap();
    assert_eq!(failed["status"], "FAILED", "{failed:#}");
    let failures: Vec<_> = failed["failures"].as_array().unwrap().iter().map(|one| &one["step"]).collect();
    assert_eq!(failures, ["DetectCostAnomalies"], "{failed:#}");
}
