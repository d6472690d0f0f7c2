//! What a state sends is what its function takes, and the samples are such payloads.

use std::collections::BTreeSet;

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use vending_core::{BaselineInput, Invocation};

use crate::project::{event, folders, map_items, states, states_of, step_name};

/// The schema of a step's payload, and a check that a sample is one.
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

fn states_of_their_own() -> Vec<Payload> {
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

/// The steps of the baseline and of access, which all take the same.
fn steps() -> Vec<Payload> {
    let states = states();
    let in_maps: Vec<String> = states.values().flat_map(map_items).collect();
    let folders = folders("functions").into_iter().filter(|folder| in_maps.contains(&step_name(folder)));
    states_of_their_own().into_iter().chain(folders.map(payload::<BaselineInput>)).collect()
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn states_send_exactly_the_fields_that_their_functions_take() {
    let states = states();
    for step in steps() {
        let name = step_name(&step.folder);
        // A baseline or access step has no state of its own: the Map's one state sends the same to each.
        let state = states
            .get(&name)
            .unwrap_or_else(|| &states["ApplyBaseline"]["ItemProcessor"]["States"]["ApplyBaselineStep"]);
        let sent = &state["Arguments"]["Payload"];
        assert_eq!(keys(sent), keys(&schema_for!(Invocation<()>).to_value()["properties"]), "{name}");
        assert_eq!(keys(&sent["input"]), keys(&step.schema["properties"]), "{name}");
    }
}

#[test]
fn the_timer_sends_exactly_what_answers_a_stack() {
    let sent = &states_of("answer-stack")["AnswerStack"]["Arguments"]["Payload"];
    assert_eq!(keys(sent), keys(&schema_for!(answer_stack::Input).to_value()["properties"]));
}

#[test]
fn both_stages_send_the_same() {
    let states = states();
    let sent = |stage: &str| states[stage]["Arguments"]["Payload"].clone();
    assert_eq!(sent("ApplyBaselineStep"), sent("ApplyAccessStep"));
}

#[test]
fn samples_are_payloads() {
    for step in steps() {
        (step.check)(event(&step.folder)).unwrap_or_else(|error| panic!("{}: {error}", step.folder));
    }
    let others = ["account-resource", "accounts-api", "adopt-account", "answer-stack", "sweep-requests"];
    assert_eq!(steps().len() + others.len(), folders("functions").len());
    serde_json::from_value::<account_resource::Event>(event("account-resource")).unwrap();
    serde_json::from_value::<answer_stack::Input>(event("answer-stack")).unwrap();
    serde_json::from_value::<ApiGatewayProxyRequest>(event("accounts-api")).unwrap();
    serde_json::from_value::<adopt_account::Event>(event("adopt-account")).unwrap();
    serde_json::from_value::<sweep_requests::Event>(event("sweep-requests")).unwrap();
}

#[test]
fn unknown_fields_are_refused() {
    for step in steps() {
        let mut sample = event(&step.folder);
        sample["input"]["surprise"] = Value::Bool(true);
        let refused = (step.check)(sample).expect_err(&step.folder);
        assert!(refused.contains("surprise"), "{}: {refused}", step.folder);
    }
}
