//! The states send what their functions expect, and the sample events are valid payloads.

use std::collections::BTreeSet;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use vending_core::{BaselineInput, Invocation, PlanInput};

use crate::project::{BASELINE_SAMPLE, ORGANIZATION_SAMPLE, event, functions, states, states_of, step_name};

/// The schema of a step's payload, and a check of a sample.
struct Payload {
    folder: String,
    schema: Value,
    check: fn(Value) -> Result<(), String>,
}

fn payload<I>(folder: impl Into<String>) -> Payload
where
    I: JsonSchema + for<'a> serde::Deserialize<'a>,
{
    Payload {
        folder: folder.into(),
        schema: schema_for!(I).to_value(),
        check: |sample| {
            let read: Result<Invocation<I>, _> = serde_json::from_value(sample);
            read.map(|_| ()).map_err(|error| error.to_string())
        },
    }
}

fn steps_with_own_state() -> Vec<Payload> {
    vec![
        payload::<validate_request::Input>("validate-request"),
        payload::<create_account::Input>("create-account"),
        payload::<check_account_creation::Input>("check-account-creation"),
        payload::<move_account::Input>("move-account"),
        payload::<bootstrap_role::Input>("bootstrap-role"),
        payload::<enable_regions::Input>("enable-regions"),
        payload::<run_customization::Input>("run-customization"),
        payload::<report_outcome::Input>("report-outcome"),
    ]
}

/// All steps: those with a state of their own, and the baseline and access steps, which share one input.
fn steps() -> Vec<Payload> {
    steps_with_own_state().into_iter().chain([payload::<BaselineInput>(BASELINE_SAMPLE)]).collect()
}

fn keys(object: &Value) -> BTreeSet<String> {
    // An object without fields has no `properties` in its schema.
    object.as_object().into_iter().flat_map(|object| object.keys().cloned()).collect()
}

#[test]
fn states_send_exactly_the_expected_fields() {
    let states = states();
    for step in steps() {
        let name = step_name(&step.folder);
        // Baseline and access steps have no state of their own: the state in the Map sends the same to each.
        let state = states
            .get(&name)
            .unwrap_or_else(|| &states["ApplyBaseline"]["ItemProcessor"]["States"]["ApplyBaselineStep"]);
        let sent = &state["Arguments"]["Payload"];
        assert_eq!(keys(sent), keys(&schema_for!(Invocation<()>).to_value()["properties"]), "{name}");
        assert_eq!(keys(&sent["input"]), keys(&step.schema["properties"]), "{name}");
    }
}

#[test]
fn timer_sends_exactly_the_expected_fields() {
    let sent = &states_of("cfn-response-timeout")["CfnResponseTimeout"]["Arguments"]["Payload"];
    assert_eq!(keys(sent), keys(&schema_for!(cfn_response_timeout::Input).to_value()["properties"]));
}

/// Every function of the execution gets what the execution got.
#[test]
fn organization_functions_get_the_input() {
    let expected = keys(&schema_for!(PlanInput).to_value()["properties"]);
    for (name, state) in states_of("build-organization").into_iter().filter(|(_, state)| state["Type"] == "Task") {
        let sent = &state["Arguments"]["Payload"];
        assert_eq!(keys(sent), expected, "{name}");
        for (field, expression) in sent.as_object().unwrap() {
            assert_eq!(expression.as_str(), Some(format!("{{% $states.input.{field} %}}").as_str()), "{name}");
        }
    }
}

#[test]
fn both_maps_send_the_same_payload() {
    let states = states();
    let sent = |stage: &str| states[stage]["Arguments"]["Payload"].clone();
    assert_eq!(sent("ApplyBaselineStep"), sent("ApplyAccessStep"));
}

#[test]
fn sample_events_are_valid_payloads() {
    for step in steps() {
        (step.check)(event(&step.folder)).unwrap_or_else(|error| panic!("{}: {error}", step.folder));
    }
    let others = [
        "cfn-account-resource",
        "accounts-api",
        "organization-api",
        "adopt-account",
        "cfn-response-timeout",
        "sweep-requests",
    ];
    let with_own_sample = functions().into_iter().filter(|function| function.sample() == function.name).count();
    assert_eq!(steps_with_own_state().len() + others.len(), with_own_sample);
    serde_json::from_value::<cfn_account_resource::Event>(event("cfn-account-resource")).unwrap();
    serde_json::from_value::<cfn_response_timeout::Input>(event("cfn-response-timeout")).unwrap();
    serde_json::from_value::<ApiGatewayProxyRequest>(event("accounts-api")).unwrap();
    serde_json::from_value::<ApiGatewayProxyRequest>(event("organization-api")).unwrap();
    serde_json::from_value::<adopt_account::Event>(event("adopt-account")).unwrap();
    serde_json::from_value::<sweep_requests::Event>(event("sweep-requests")).unwrap();
    serde_json::from_value::<PlanInput>(event(ORGANIZATION_SAMPLE)).unwrap();
}

#[test]
fn unknown_fields_are_rejected() {
    for step in steps() {
        let mut sample = event(&step.folder);
        sample["input"]["surprise"] = Value::Bool(true);
        let rejected = (step.check)(sample).expect_err(&step.folder);
        assert!(rejected.contains("surprise"), "{}: {rejected}", step.folder);
    }
}
