//! A run of build-organization for each call that changes something, and each fault of a call.
//!
//! After a fault at one call, the organization is as without the fault: at once, or, after a failure with a remedy, when
//! the manifest is planned and applied again. Nothing is there twice.

use std::collections::BTreeMap;

use cloud::{Caller, Cloud, REGIONS, Wire, manifest_with_parts};
use local_cloud::strict::{Call, Fault, Rule};
use serde_json::{Value, json};

use crate::crash_sweep::{Kind, MORE_THAN_SDK_RETRIES, disable_delays, is_read, kind};

const MANAGEMENT: &str = "123456789012";
const SANDBOX: &str = "Sweep";
const FUNCTIONS: &str = "account-vending-";

/// The manifest that the runs apply: with every part, an OU, and policies of two types.
fn whole() -> Value {
    let mut manifest = manifest_with_parts();
    manifest["policies"] = json!({ "sweep-guardrail": { "type": "scp" }, "sweep-opt-out": { "type": "aiOptOut" } });
    manifest["root"]["organizationalUnits"][SANDBOX] = json!({ "policies": ["sweep-guardrail", "sweep-opt-out"] });
    manifest
}

fn documents() -> Value {
    let guardrail = r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*" }] }"#;
    let opt_out = r#"{ "services": { "default": { "opt_out_policy": { "@@assign": "optOut" } } } }"#;
    json!({ "policies/sweep-guardrail.json": guardrail, "policies/sweep-opt-out.json": opt_out })
}

/// What the sweep applies again and again, and takes away in between.
struct World {
    cloud: Cloud,
    caller: Caller,
    management: Wire,
}

/// The call that gets the fault: the nth call of its kind in a run.
#[derive(Clone, Debug)]
struct Target {
    function: String,
    service: String,
    operation: String,
    nth: u32,
}

impl World {
    async fn new() -> Self {
        let cloud = Cloud::connect();
        disable_delays(&cloud).await;
        let (caller, management) = (Caller::root(&cloud), cloud.wire(MANAGEMENT));
        Self { cloud, caller, management }
    }

    /// The calls of a run that change something.
    async fn targets(&self) -> Vec<Target> {
        self.build().await;
        self.take_away().await;
        let plan = self.caller.plan_organization(&whole(), &documents()).await;
        let before = self.cloud.strict.last_sequence().await.unwrap();
        let run = self.caller.run_plan(&plan).await;
        assert_eq!(run["status"], "SUCCEEDED", "{run:#}");
        let calls = self.cloud.strict.calls_since(before).await.unwrap();
        let mut seen = BTreeMap::new();
        calls.iter().filter(|call| is_change(call)).map(|call| target(call, &mut seen)).collect()
    }

    /// Plans and applies until a plan is empty.
    async fn build(&self) {
        let mut failures = Vec::new();
        for _ in 0..MAX_RUNS {
            let plan = self.caller.plan_organization(&whole(), &documents()).await;
            if plan["status"] == "FAILED" {
                failures.extend(failures_of(&plan));
            } else if plan["changes"] == json!([]) {
                return;
            } else {
                assert_eq!(plan["blockers"], json!([]), "{plan:#}");
                failures.extend(failures_of(&self.caller.run_plan(&plan).await));
            }
        }
        panic!("not built after {failures:?}")
    }

    /// Takes away what the manifest has and that of the local cloud has not. Trusted access and policy types stay: the
    /// strict proxy refuses to disable them.
    async fn take_away(&self) {
        self.caller.apply_organization(&cloud::local_manifest(), &json!({})).await;
        self.forget_units().await;
        self.forget_root_access().await;
        self.forget_management_account().await;
        self.forget_groups().await;
    }

    async fn forget_units(&self) {
        let (organizations, found) =
            (self.cloud.organizations_as_seen(), self.cloud.strict.organization().await.unwrap());
        for unit in found.units.iter().filter(|unit| unit.name == SANDBOX) {
            organizations.delete_organizational_unit().organizational_unit_id(&unit.id).send().await.unwrap();
        }
    }

    async fn forget_root_access(&self) {
        let found = self.cloud.strict.organization().await.unwrap();
        for feature in ["RootSessions", "RootCredentialsManagement"] {
            if found.root_features.contains(feature) {
                self.management.iam(&format!("DisableOrganizations{feature}"), &[]).await;
            }
        }
    }

    async fn forget_management_account(&self) {
        // AWS rejects the deletion of a contact that does not exist.
        let contact = json!({
            "AlternateContactType": "SECURITY", "Name": "a", "Title": "a", "EmailAddress": "a@example.com", "PhoneNumber": "1",
        });
        self.management.rest("account", "POST", "/putAlternateContact", Some(&contact)).await;
        let contact = json!({ "AlternateContactType": "SECURITY" });
        self.management.rest("account", "POST", "/deleteAlternateContact", Some(&contact)).await;
        for region in REGIONS {
            let config = self.management.in_region(region);
            let call = |operation: &str| format!("StarlingDoveService.{operation}");
            let recorder = json!({ "ConfigurationRecorderName": "default" });
            let found = config.json("config", &call("DescribeConfigurationRecorders"), &json!({})).await;
            if found["ConfigurationRecorders"] != json!([]) {
                config.json("config", &call("StopConfigurationRecorder"), &recorder).await;
            }
            let channels = config.json("config", &call("DescribeDeliveryChannels"), &json!({})).await;
            if channels["DeliveryChannels"] != json!([]) {
                let channel = json!({ "DeliveryChannelName": "default" });
                config.json("config", &call("DeleteDeliveryChannel"), &channel).await;
            }
            if found["ConfigurationRecorders"] != json!([]) {
                config.json("config", &call("DeleteConfigurationRecorder"), &recorder).await;
            }
        }
    }

    async fn forget_groups(&self) {
        let center = self.cloud.identity_center().await;
        let listed = center.identity_store("ListGroups", &json!({ "IdentityStoreId": center.store })).await;
        let is_own = |group: &&Value| group["DisplayName"] == "ground-admins";
        for group in listed["Groups"].as_array().unwrap().iter().filter(is_own) {
            let group = json!({ "IdentityStoreId": center.store, "GroupId": group["GroupId"] });
            center.identity_store("DeleteGroup", &group).await;
        }
    }

    /// Nothing is there twice.
    async fn check_names(&self) {
        let organization = self.cloud.strict.organization().await.unwrap();
        let policies = organization.policies.iter().filter(|policy| policy.name.starts_with("sweep-"));
        assert_eq!(policies.count(), 2, "{organization:#?}");
        assert_eq!(organization.units.iter().filter(|unit| unit.name == SANDBOX).count(), 1);
        // The local cloud has a subscription of others.
        let found = self.management.json("ce", "AWSInsightsIndexService.GetAnomalySubscriptions", &json!({})).await;
        let subscriptions = found["AnomalySubscriptions"].as_array().unwrap();
        let is_own = |one: &&Value| one["SubscriptionName"] == "account-vending-cost-anomalies";
        assert_eq!(subscriptions.iter().filter(is_own).count(), 1, "{found:#}");
    }
}

/// More than one fault is never injected, so that a second run builds what the first did not.
const MAX_RUNS: usize = 4;

fn is_change(call: &Call) -> bool {
    call.function.as_ref().is_some_and(|name| name.starts_with(FUNCTIONS) && !name.ends_with("-api"))
        && call.service != "s3"
        && !is_read(&call.operation)
}

fn target(call: &Call, seen: &mut BTreeMap<Kind, u32>) -> Target {
    let kind = kind(call);
    let nth = *seen.entry(kind.clone()).and_modify(|nth| *nth += 1).or_insert(1);
    let (function, service, operation) = kind;
    Target { function, service, operation, nth }
}

/// Each failure has its function, cause, remedy, and owner.
fn failures_of(ended: &Value) -> Vec<String> {
    let text = |failure: &Value, field: &str| {
        let text = failure[field].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{field}: {ended:#}");
        text.to_owned()
    };
    let describe = |failure: &Value| {
        let [step, code, ..] = ["step", "code", "message", "remedy", "owner"].map(|field| text(failure, field));
        format!("{step}: {code}")
    };
    ended["failures"].as_array().unwrap().iter().map(describe).collect()
}

/// Without `WHOLE_CRASH_SWEEP`, a few targets, spread over the run.
fn share(targets: Vec<Target>, offset: usize) -> Vec<Target> {
    if std::env::var_os("WHOLE_CRASH_SWEEP").is_some() {
        return targets;
    }
    targets.into_iter().skip(offset).step_by(STEP).collect()
}

/// Each of the five sweeps tries one or two calls, and all together a tenth of them.
const STEP: usize = 20;

async fn sweep(kind: &str, times: u32, offset: usize, fault: Fault) {
    let world = World::new().await;
    let targets = world.targets().await;
    assert!(targets.len() >= 20, "{targets:#?}");
    for target in share(targets, offset) {
        world.take_away().await;
        let rule = Rule::new(&target.service, &target.operation, fault.clone());
        let rule = Rule { function: Some(target.function.clone()), nth: target.nth, times, ..rule };
        let rule = world.cloud.strict.add_rule(&rule).await.unwrap();
        world.build().await;
        let left = world.cloud.strict.remove_rule(rule).await.unwrap();
        assert!(left < times, "{kind}: {target:?} did not get the fault");
        world.check_names().await;
    }
    world.take_away().await;
}

#[tokio::test]
async fn build_survives_a_lost_response() {
    sweep("response-lost", 1, 0, Fault::CutAfter).await;
}

#[tokio::test]
async fn build_survives_a_cut_connection() {
    sweep("cut-before", MORE_THAN_SDK_RETRIES, 4, Fault::CutBefore).await;
}

#[tokio::test]
async fn build_survives_throttling() {
    let throttled = Fault::error(400, "ThrottlingException", "Rate exceeded");
    sweep("throttled", MORE_THAN_SDK_RETRIES, 8, throttled).await;
}

#[tokio::test]
async fn build_survives_server_errors() {
    let failed = Fault::error(500, "InternalFailure", "We encountered an internal error.");
    sweep("server-error", MORE_THAN_SDK_RETRIES, 12, failed).await;
}

#[tokio::test]
async fn build_survives_a_killed_function() {
    sweep("function-killed", 1, 16, Fault::KillCaller).await;
}
