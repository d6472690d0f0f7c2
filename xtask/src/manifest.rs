//! Applies the organization manifest of the local cloud, as users apply theirs with `vend organization apply`.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use local_cloud::root_credentials;
use serde_json::Value;
use vending_client::{Client, Document, Failure, Open, OrganizationBlocker};
use vending_core::PlanStatus;
use vending_manifest::{Diagnostic, Source};

use crate::organization::Organization;
use crate::paths;
use crate::progress::{Activity, elapsed, pause, say};

const FILE: &str = "local-cloud/organization.yaml";
/// The management account in the file. Another endpoint than moto may have another one.
const MANAGEMENT_ACCOUNT: &str = "123456789012";
/// What needs the fixtures: the block, and its field.
const OF_FIXTURES: [(&str, &str); 2] = [
    ("/root/vending", "permissionSets"),
    ("/root/organizationalUnits/Workloads/organizationalUnits/Production/vending", "customization"),
];

const POLL: Duration = Duration::from_millis(400);
/// Far longer than any plan or run on the local cloud takes.
const LIMIT: Duration = Duration::from_mins(3);

/// Plans the manifest, and runs the plan if there is something to do.
pub(crate) fn apply(api_url: &str, organization: &Organization, has_fixtures: bool) -> Result<()> {
    let manifest = manifest(&organization.management_account_id, has_fixtures)?;
    let client = Client::new(api_url.parse()?, root_credentials());
    let activity = Activity::start(format!("applying {FILE}"));
    let changes = converge(&client, &manifest).with_context(|| format!("apply {FILE}"))?;
    activity.done();
    match changes {
        0 => say("  nothing to do: the organization has the settings of the manifest"),
        changes => say(format_args!("  the manifest was applied: {changes} changes of the settings")),
    }
    Ok(())
}

/// The manifest for this management account. Without the fixtures, it lacks what needs them.
fn manifest(management_account: &str, has_fixtures: bool) -> Result<Value> {
    let text = fs::read_to_string(paths::root().join(FILE)).with_context(|| format!("read {FILE}"))?;
    let text = text.replace(MANAGEMENT_ACCOUNT, management_account);
    let source = Source::parse(FILE, &text).map_err(|diagnostic| anyhow::anyhow!("{diagnostic}"))?;
    if let Err(diagnostics) = source.validate(None) {
        let lines: Vec<String> = diagnostics.iter().map(Diagnostic::to_string).collect();
        bail!("the manifest is not valid:\n{}", lines.join("\n"));
    }
    let mut manifest = source.value().clone();
    if !has_fixtures {
        for (block, field) in OF_FIXTURES {
            manifest.pointer_mut(block).and_then(Value::as_object_mut).and_then(|block| block.remove(field));
        }
    }
    Ok(manifest)
}

/// Returns the number of changes.
fn converge(client: &Client, manifest: &Value) -> Result<usize> {
    let id = client.plan_organization(manifest, &BTreeMap::new()).context("POST /organization/plans")?;
    let plan = wait_for(|| client.organization_plan(&id), |plan| (&plan.status, &plan.failures));
    let plan = plan.context("plan")?;
    if !plan.blockers.is_empty() {
        let lines: Vec<String> = plan.blockers.iter().map(line).collect();
        bail!("the plan has blockers:\n{}", lines.join("\n"));
    }
    if plan.changes.is_empty() {
        return Ok(0);
    }
    let id = client.run_organization_plan(&plan.plan_id, &[]).context("POST /organization/runs")?;
    let run = wait_for(|| client.organization_run(&id), |run| (&run.status, &run.failures));
    Ok(run.context("run")?.changes.len())
}

fn line(blocker: &OrganizationBlocker) -> String {
    format!("  {} {}; {}", blocker.pointer, blocker.detail, blocker.remedy)
}

/// Waits until a plan or a run has succeeded. `end` is its status, and why it failed.
fn wait_for<T>(
    read: impl Fn() -> Result<Document<T>, vending_client::Error>,
    end: impl Fn(&T) -> (&Open<PlanStatus>, &Vec<Failure>),
) -> Result<Document<T>> {
    let started = Instant::now();
    while started.elapsed() < LIMIT {
        let current = read()?;
        let (status, failures) = end(&current);
        match (status.known(), failures.first()) {
            (Some(PlanStatus::Succeeded), _) => return Ok(current),
            (Some(PlanStatus::InProgress), _) => pause(POLL),
            (_, Some(failure)) => {
                bail!("{} ({}): {}\n  remedy: {}", failure.step, failure.code, failure.message, failure.remedy)
            }
            (_, None) => bail!("it ended as {status}"),
        }
    }
    bail!("it did not end within {}; see the logs in target/local/logs", elapsed(LIMIT))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vending_client::testing::{FakeApi, Received, Reply};
    use vending_manifest::Manifest;

    use super::*;
    use crate::names::{GOVERNED_REGIONS, TRAIL};
    use crate::organization::ORGANIZATIONAL_UNITS;

    /// The OU with every optional part of the baseline.
    const FULL_UNIT: &str = "Workloads/Production";

    const ID: &str = "20261122t100000z-1a2b3c4d";

    fn organization() -> Organization {
        Organization { id: "o-abc".into(), management_account_id: "000000000000".into() }
    }

    fn valid(has_fixtures: bool) -> Manifest {
        let manifest = manifest(&organization().management_account_id, has_fixtures).unwrap();
        Manifest::from_json(&manifest, None).unwrap()
    }

    #[test]
    fn manifest_is_that_of_the_local_organization() {
        let manifest = valid(true);
        assert_eq!(manifest.not_managed(), [""; 0]);
        assert_eq!(manifest.governed_regions(), GOVERNED_REGIONS);
        let mut paths: Vec<String> = manifest.units().iter().map(|unit| unit.path.to_string()).collect();
        let mut expected = ORGANIZATIONAL_UNITS.map(str::to_owned).to_vec();
        paths.sort();
        expected.sort();
        assert_eq!(paths, expected);
        let trail = manifest.trail.unwrap();
        assert_eq!((trail.name.unwrap().as_str(), trail.bucket.unwrap()), (TRAIL, organization().trail_bucket()));
        assert_eq!(manifest.config.unwrap().bucket, organization().config_bucket());
    }

    #[test]
    fn manifest_without_fixtures_is_valid() {
        let customized = |manifest: &Manifest| {
            let units = manifest.units();
            let full = units.iter().find(|unit| unit.path.as_str() == FULL_UNIT).unwrap();
            full.unit.vending.as_ref().unwrap().customization.is_some()
        };
        let (with, without) = (valid(true), valid(false));
        assert!(customized(&with) && !customized(&without));
        assert_eq!(with.root.vending.unwrap().permission_sets, Some(vec!["*".to_owned()]));
        assert_eq!(without.root.vending.unwrap().permission_sets, None);
    }

    /// An API whose plan has these fields, and whose run succeeds.
    fn api(plan: Value) -> FakeApi {
        let view = |own: &Value| {
            let mut view = json!({ "planId": ID, "runId": ID, "status": "SUCCEEDED", "requestedBy": "arn:root",
                                   "requestedAt": "2026-11-22T10:00:00Z", "manifestDigest": "1a2b", "failures": [] });
            view.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap_or_default());
            view
        };
        FakeApi::start(move |call: &Received, _| match call.line.split_once(" /v1/organization/").unwrap() {
            ("POST", _) => Reply::Json(202, json!({ "planId": ID, "runId": ID, "status": "IN_PROGRESS" })),
            (_, path) if path.starts_with("plans/") => Reply::ok(view(&plan)),
            _ => Reply::ok(view(&json!({ "changes": changes() }))),
        })
        .unwrap()
    }

    fn changes() -> Value {
        json!([{ "function": "write-settings", "target": "root", "field": "vending.adopt", "from": null, "to": true }])
    }

    fn converged(plan: Value) -> (Result<usize>, Vec<String>) {
        let api = api(plan);
        let client = Client::new(api.url().parse().unwrap(), root_credentials());
        (converge(&client, &json!({ "version": 1 })), api.lines())
    }

    #[test]
    fn plan_is_run_if_it_has_changes() {
        let (changed, calls) = converged(json!({ "changes": changes() }));
        assert_eq!((changed.unwrap(), calls[2].as_str()), (1, "POST /v1/organization/runs"));
        let (changed, calls) = converged(json!({}));
        assert_eq!((changed.unwrap(), calls.len()), (0, 2));
    }

    #[test]
    fn blocked_or_failed_plan_says_why() {
        let blocker = json!({ "pointer": "/root", "detail": "is wrong", "remedy": "correct it" });
        let (refused, _) = converged(json!({ "blockers": [blocker] }));
        assert_eq!(refused.unwrap_err().to_string(), "the plan has blockers:\n  /root is wrong; correct it");
        let failure = json!({ "step": "write-settings", "code": "AccessDenied", "message": "no", "remedy": "allow it", "owner": "platform" });
        let (failed, _) = converged(json!({ "status": "FAILED", "failures": [failure] }));
        assert!(format!("{:#}", failed.unwrap_err()).contains("write-settings (AccessDenied): no\n  remedy: allow it"));
    }
}
