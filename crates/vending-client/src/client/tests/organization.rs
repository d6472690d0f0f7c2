use std::collections::BTreeMap;

use super::*;
use vending_core::{PlanId, PlanStatus};

const PLAN_ID: &str = "20261122t100000z-1a2b3c4d";

fn plan_id() -> PlanId {
    PLAN_ID.parse().unwrap()
}

fn record(status: &str, own: &Value) -> Value {
    let mut view = json!({ "planId": PLAN_ID, "status": status, "requestedBy": "arn:jo",
                           "requestedAt": "2026-11-22T10:00:00Z", "manifestDigest": "1a2b3c4d", "failures": [] });
    view.as_object_mut().unwrap().extend(own.as_object().cloned().unwrap());
    view
}

#[test]
fn manifest_is_sent_with_its_documents() {
    let api = api(|_, before| match before {
        0 => Reply::Later(503, 0, json!({ "title": "Service Unavailable", "detail": "AWS throttles" })),
        _ => Reply::Json(202, json!({ "planId": PLAN_ID, "status": "IN_PROGRESS" })),
    });
    let manifest = json!({ "version": 1, "root": {} });
    let documents = BTreeMap::from([("policies/a.json".to_owned(), "{}".to_owned())]);
    assert_eq!(client(&api).plan_organization(&manifest, &documents).unwrap(), plan_id());
    assert_eq!(api.lines(), ["POST /v1/organization/plans"; 2]);
    assert_eq!(api.calls()[1].json(), json!({ "manifest": manifest, "documents": { "policies/a.json": "{}" } }));
    assert!(!api.calls()[1].headers.contains_key("idempotency-key"));
}

#[test]
fn plan_is_read_tolerantly() {
    let api = api(|_, before| {
        Reply::ok(match before {
            0 => record("IN_PROGRESS", &json!({})),
            _ => record(
                "PAUSED",
                &json!({
                    "changes": [{ "function": "write-settings", "target": "root", "field": "vending.adopt", "to": true }],
                    "blockers": [{ "pointer": "/root", "detail": "no", "remedy": "yes", "later": 1 }],
                    "notManaged": ["/policies"], "later": 1,
                }),
            ),
        })
    });
    let client = client(&api);
    let started = client.organization_plan(&plan_id()).unwrap();
    assert!(started.status.is(&PlanStatus::InProgress) && started.changes.is_empty());
    let plan = client.organization_plan(&plan_id()).unwrap();
    assert_eq!((plan.status.to_string().as_str(), &plan.json()["later"]), ("PAUSED", &json!(1)));
    assert_eq!((&plan.changes[0].from, &plan.changes[0].to), (&Value::Null, &json!(true)));
    assert_eq!(
        (plan.blockers[0].pointer.as_str(), plan.not_managed.as_slice()),
        ("/root", &["/policies".to_owned()][..])
    );
    assert_eq!(
        api.lines(),
        [format!("GET /v1/organization/plans/{PLAN_ID}"), format!("GET /v1/organization/plans/{PLAN_ID}")]
    );
}

#[test]
fn run_of_a_plan_is_started_and_read() {
    let api = api(|call, _| match call.line.as_str() {
        "POST /v1/organization/runs" => Reply::Json(202, json!({ "runId": PLAN_ID, "status": "IN_PROGRESS" })),
        _ => Reply::ok(record("SUCCEEDED", &json!({ "runId": PLAN_ID, "changes": [] }))),
    });
    let client = client(&api);
    let id = client.run_organization_plan(&plan_id(), &[]).unwrap();
    assert!(client.organization_run(&id).unwrap().status.is(&PlanStatus::Succeeded));
    assert_eq!(api.calls()[0].json(), json!({ "planId": PLAN_ID, "allow": [] }));
    assert_eq!(api.lines()[1], format!("GET /v1/organization/runs/{PLAN_ID}"));
}

#[test]
fn run_that_conflicts_is_refused() {
    let api = api(|_, _| Reply::problem(409, "another run is in progress"));
    let error = client(&api).run_organization_plan(&plan_id(), &[]).unwrap_err();
    assert!(matches!(&error, Error::Refused(refusal) if refusal.status == 409), "{error:?}");
    assert_eq!(api.calls().len(), 1);
}

#[test]
fn denial_names_the_parameter_of_the_organization() {
    let api = api(|_, _| Reply::problem(403, "only the stack's OrganizationPrincipals can do this"));
    let Err(Error::NotPermitted(mut denial)) = client(&api).organization_plan(&plan_id()) else { panic!("permitted") };
    assert_eq!(denial.advice(), ["the caller has to be in the stack's OrganizationPrincipals"]);
    denial.signed_by = Some("arn:aws:sts::111111111111:assumed-role/Platform/jo".to_owned());
    let named = "arn:aws:sts::111111111111:assumed-role/Platform has to be in the stack's OrganizationPrincipals";
    assert_eq!(denial.advice(), [named]);
}
