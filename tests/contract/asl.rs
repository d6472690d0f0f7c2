//! The state machines retry exactly the retryable error codes and run only functions of the stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use strum::IntoEnumIterator;
use vending_core::ErrorCode;

use crate::project::{map_items, state_machines, states_of};
use crate::template::Template;

/// The tasks of all state machines.
fn tasks() -> Vec<(String, Value)> {
    state_machines().iter().flat_map(|machine| tasks_of(machine)).collect()
}

fn tasks_of(machine: &str) -> Vec<(String, Value)> {
    let tasks = states_of(machine).into_iter().filter(|(_, state)| state["Type"] == "Task");
    tasks.collect()
}

fn names(retrier: &Value) -> BTreeSet<String> {
    let names = retrier["ErrorEquals"].as_array().unwrap().iter();
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Lambda throttled the invocation, so that the function did not run. It is retried as `Throttled` is.
const INVOCATION_THROTTLED: &str = "Lambda.TooManyRequestsException";

#[test]
fn retriers_name_exactly_the_retryable_codes() {
    let mut retryable: BTreeSet<String> =
        ErrorCode::iter().filter(|code| code.is_retryable()).map(|code| code.to_string()).collect();
    retryable.insert(INVOCATION_THROTTLED.to_owned());
    for (state, task) in tasks() {
        let retriers = task["Retry"].as_array().unwrap_or_else(|| panic!("{state} has no Retry"));
        let mut retried = names(&retriers[0]);
        retried.extend(codes_with_wait_state(&task));
        assert_eq!(retried, retryable, "{state}");
        for retrier in retriers {
            assert_eq!(retrier["JitterStrategy"], "FULL", "{state}");
            assert!(retrier["MaxDelaySeconds"].is_u64(), "{state}: no maximum delay");
            assert!(retrier["BackoffRate"].as_f64() > Some(1.0), "{state}: no backoff");
        }
    }
}

/// The codes that a task catches to go to a Wait state: a retry whose delay is a state of its own.
fn codes_with_wait_state(task: &Value) -> BTreeSet<String> {
    let states: BTreeMap<String, Value> = state_machines().iter().flat_map(|machine| states_of(machine)).collect();
    let catchers = task["Catch"].as_array().unwrap().iter();
    let waiting = catchers.filter(|catcher| states[catcher["Next"].as_str().unwrap()]["Type"] == "Wait");
    waiting.flat_map(names).collect()
}

#[test]
fn crashes_and_timeouts_are_retried() {
    for (state, task) in tasks() {
        let lambda = names(&task["Retry"][1]);
        for name in ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"] {
            assert!(lambda.contains(name), "{state}: {name}");
        }
    }
}

#[test]
fn every_failure_is_caught() {
    for (state, task) in tasks() {
        let catch = task["Catch"].as_array().unwrap().last().unwrap();
        assert_eq!(catch["ErrorEquals"][0], "States.ALL", "{state}");
    }
}

/// Some errors have no cause, and an expression without a value fails the execution despite its catchers.
#[test]
fn missing_cause_is_an_empty_string() {
    let machines =
        state_machines().into_iter().map(|machine| crate::project::read(&format!("statemachine/{machine}.asl.json")));
    for text in machines {
        let guarded = "$exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : ''";
        assert!(!text.replace(guarded, "").contains("errorOutput.Cause"));
    }
}

#[test]
fn only_functions_of_the_stack_are_invoked() {
    let template = Template::read();
    for machine in state_machines() {
        let mut run: BTreeSet<String> = states_of(&machine).values().flat_map(map_items).collect();
        for (state, task) in tasks_of(&machine) {
            let function = task["Arguments"]["FunctionName"].as_str().unwrap();
            if let Some(name) = function.strip_prefix("${") {
                run.insert(name.trim_end_matches("FunctionArn}").to_owned());
            } else {
                assert_eq!(function, "{% $states.input.functionArn %}", "{state}");
            }
        }
        assert_eq!(run, template.substituted_functions(&machine));
        assert_eq!(run, template.invocable_functions(&machine));
    }
}

#[test]
fn deadline_ends_well_before_the_timeout() {
    let machine: Value = serde_json::from_str(&crate::project::read("statemachine/vend-account.asl.json")).unwrap();
    let deadline = machine["States"]["ReadRequest"]["Assign"]["deadline"].as_str().unwrap();
    let millis: u64 = deadline.split(['+', ')']).find_map(|part| part.trim().parse().ok()).unwrap();
    let slowest_retry = 60;
    assert!(machine["TimeoutSeconds"].as_u64().unwrap() >= millis / 1000 + 2 * slowest_retry);
}
