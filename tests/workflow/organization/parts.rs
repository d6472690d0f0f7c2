//! The parts of the organization other than OUs and policies: root access, the management account, costs, and
//! permission sets.

use cloud::{Caller, Cloud, local_manifest, manifest_with_parts, request, wait_for};
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

/// From nothing to all parts, again without a change; what someone changed by hand is what a plan shows, and what a run
/// puts back.
#[tokio::test]
async fn alone_parts_are_built_and_drift_is_put_back() {
    let cloud = Cloud::connect();
    let (caller, management) = (Caller::root(&cloud), cloud.wire(MANAGEMENT));
    let planned = plan(&caller, &manifest_with_parts()).await;
    let found = names(&planned, |_| true);
    for expected in all_changes() {
        assert!(found.contains(&expected.to_owned()), "{expected} is not in {found:#?}");
    }
    let applied = apply(&caller, &manifest_with_parts()).await;
    assert_eq!(names(&applied, |_| true), found, "{applied:#}");
    assert_eq!(plan(&caller, &manifest_with_parts()).await["changes"], json!([]));

    let center = cloud.identity_center().await;
    let audit = center.permission_set("GroundAudit").await.unwrap();
    let session = json!({ "InstanceArn": center.instance, "PermissionSetArn": audit, "SessionDuration": "PT12H" });
    center.sso("UpdatePermissionSet", &session).await;
    management.iam("DisableOrganizationsRootSessions", &[]).await;
    let contact = json!({ "AlternateContactType": "SECURITY" });
    management.rest("account", "POST", "/deleteAlternateContact", Some(&contact)).await;
    let stop = json!({ "ConfigurationRecorderName": "default" });
    management.in_region("eu-west-1").json("config", "StarlingDoveService.StopConfigurationRecorder", &stop).await;
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
    assert_eq!(center.permission_set("GroundRead").await, None);
    apply(&caller, &local_manifest()).await;
    assert_eq!(center.permission_set("GroundAudit").await, None);
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

/// A permission set that an account has is provisioned again, and is not deleted before its assignment.
#[tokio::test]
async fn alone_permission_set_of_an_account_is_changed() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let with_set = |set: Value| {
        let mut manifest = local_manifest();
        manifest["identityCenter"] = json!({ "permissionSets": { "GroundAssigned": set } });
        manifest
    };
    let audit = "arn:aws:iam::aws:policy/SecurityAudit";
    let first = with_set(json!({ "policyArns": [audit], "inlinePolicy": "permission-sets/ground.json" }));
    apply(&caller, &first).await;
    let mut body = request("assigned");
    body["access"] = json!([{ "group": "payments-developers", "permissionSet": "GroundAssigned" }]);
    let outcome = caller.vend(&body).await;

    let center = cloud.identity_center().await;
    let arn = center.permission_set("GroundAssigned").await.unwrap();
    let set = json!({ "InstanceArn": center.instance, "PermissionSetArn": arn });
    let mut longer = set.clone();
    longer["SessionDuration"] = json!("PT12H");
    center.sso("UpdatePermissionSet", &longer).await;
    let second = with_set(json!({ "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "session": "PT8H" }));
    let planned = plan(&caller, &second).await;
    let guarded = names(&planned, |change| change["class"] == "GUARDED");
    let widened = "permission set GroundAssigned:policyArns.arn:aws:iam::aws:policy/ReadOnlyAccess";
    assert!(guarded.contains(&widened.to_owned()), "{planned:#}");
    apply(&caller, &second).await;
    assert_eq!(plan(&caller, &second).await["changes"], json!([]));

    let planned = plan(&caller, &local_manifest()).await;
    let account = outcome["account"]["id"].as_str().unwrap();
    assert_eq!(planned["changes"], json!([]), "{planned:#}");
    assert!(planned["notes"].to_string().contains(account), "{planned:#}");
    let mut assignment = set.clone();
    assignment["AccountId"] = json!(account);
    let listed = center.sso("ListAccountAssignments", &assignment).await;
    assignment = json!({
        "InstanceArn": center.instance, "PermissionSetArn": arn, "TargetId": account, "TargetType": "AWS_ACCOUNT",
        "PrincipalType": "GROUP", "PrincipalId": listed["AccountAssignments"][0]["PrincipalId"],
    });
    center.sso("DeleteAccountAssignment", &assignment).await;
    let left = || async {
        let listed = center.sso("ListAccountsForProvisionedPermissionSet", &set).await;
        (listed["AccountIds"] == json!([])).then_some(())
    };
    wait_for("the end of the assignment", left).await;
    apply(&caller, &local_manifest()).await;
    assert_eq!(center.permission_set("GroundAssigned").await, None);
}

/// Without a monitor of others, ours is created, and deleted with its alerts.
#[tokio::test]
async fn alone_cost_monitor_is_created_changed_and_deleted() {
    let cloud = Cloud::connect();
    let (caller, management) = (Caller::root(&cloud), cloud.wire(MANAGEMENT));
    let costs = async |operation: &str, input: Value| {
        management.json("ce", &format!("AWSInsightsIndexService.{operation}"), &input).await
    };
    let subscription = costs("GetAnomalySubscriptions", json!({})).await["AnomalySubscriptions"][0].clone();
    let monitor = costs("GetAnomalyMonitors", json!({})).await["AnomalyMonitors"][0].clone();
    costs("DeleteAnomalySubscription", json!({ "SubscriptionArn": subscription["SubscriptionArn"] })).await;
    costs("DeleteAnomalyMonitor", json!({ "MonitorArn": monitor["MonitorArn"] })).await;

    let mut manifest = local_manifest();
    manifest["costs"] = json!({ "anomalies": { "subscribers": ["finance@example.com"], "fromUsd": 100 } });
    let applied = apply(&caller, &manifest).await;
    assert!(names(&applied, |_| true).contains(&"organization:costs.anomalies.monitor".to_owned()), "{applied:#}");
    manifest["costs"]["anomalies"]["fromUsd"] = json!(200);
    let applied = apply(&caller, &manifest).await;
    assert_eq!(names(&applied, |_| true), ["organization:costs.anomalies.fromUsd"]);
    apply(&caller, &local_manifest()).await;
    assert_eq!(costs("GetAnomalyMonitors", json!({})).await["AnomalyMonitors"], json!([]));

    let name = &monitor["MonitorName"];
    let monitor = json!({ "MonitorName": name, "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE" });
    let created = costs("CreateAnomalyMonitor", json!({ "AnomalyMonitor": monitor })).await;
    let subscription = json!({
        "SubscriptionName": subscription["SubscriptionName"], "MonitorArnList": [created["MonitorArn"]],
        "Subscribers": [{ "Address": "platform@example.com", "Type": "EMAIL" }],
        "Frequency": "DAILY", "ThresholdExpression": subscription["ThresholdExpression"],
    });
    costs("CreateAnomalySubscription", json!({ "AnomalySubscription": subscription })).await;
}

/// Each governed Region gets a detector. A Region that the account has not enabled is a blocker.
#[tokio::test]
async fn alone_detectors_of_the_management_account_are_created() {
    let cloud = Cloud::connect();
    let (caller, management) = (Caller::root(&cloud), cloud.wire(MANAGEMENT));
    let mut manifest = local_manifest();
    manifest["security"] = json!({ "guardDuty": { "features": ["S3_DATA_EVENTS"] } });
    manifest["root"]["organizationalUnits"]["Security"]["accounts"] = json!({ "audit": { "purpose": "audit" } });
    apply(&caller, &manifest).await;
    assert_eq!(plan(&caller, &manifest).await["changes"], json!([]));
    let regional = management.in_region("eu-west-1");
    let detectors = regional.rest("guardduty", "GET", "/detector", None).await;
    let path = format!("/detector/{}", detectors["detectorIds"][0].as_str().unwrap());
    regional.rest("guardduty", "POST", &path, Some(&json!({ "enable": false }))).await;
    let applied = apply(&caller, &manifest).await;
    assert_eq!(names(&applied, |_| true), ["management account:guardDuty.eu-west-1"], "{applied:#}");

    manifest["governedRegions"].as_array_mut().unwrap().push(json!("eu-south-1"));
    let planned = plan(&caller, &manifest).await;
    assert_eq!(planned["blockers"][0]["pointer"], "/governedRegions", "{planned:#}");
}
