//! What template.yaml says of functions, and what it must say of each of them.

use std::collections::BTreeSet;

use serde_norway::Value;

use crate::project::{folders, read, state_machines, step_name};

pub(crate) struct Template(Value);

impl Template {
    pub(crate) fn read() -> Self {
        Self(serde_norway::from_str(&read("template.yaml")).unwrap())
    }

    fn resource(&self, name: &str) -> &Value {
        &self.0["Resources"][name]["Properties"]
    }

    pub(crate) fn has_function(&self, name: &str, folder: &str) -> bool {
        let code = &self.resource(&format!("{name}Function"))["CodeUri"];
        code.as_str() == Some(&format!("target/lambda/{folder}"))
    }

    fn state_machine(&self, name: &str) -> &Value {
        let machine = self.resource(&format!("{}StateMachine", step_name(name)));
        assert_eq!(machine["DefinitionUri"].as_str(), Some(format!("statemachine/{name}.asl.json").as_str()));
        machine
    }

    pub(crate) fn substituted_functions(&self, machine: &str) -> BTreeSet<String> {
        let machine = self.state_machine(machine);
        let names = machine["DefinitionSubstitutions"].as_mapping().unwrap().keys();
        names.map(|name| name.as_str().unwrap().trim_end_matches("FunctionArn").to_owned()).collect()
    }

    /// The paths and methods of the API.
    pub(crate) fn routes(&self) -> BTreeSet<(String, String)> {
        let events = self.resource("AccountsApiFunction")["Events"].as_mapping().unwrap().values();
        let route = |event: &Value| {
            let text = |name: &str| event["Properties"][name].as_str().unwrap().to_owned();
            (text("Path"), text("Method"))
        };
        events.map(route).collect()
    }

    /// The functions that a state machine's role may invoke.
    pub(crate) fn invocable_functions(&self, machine: &str) -> BTreeSet<String> {
        let statement = &self.state_machine(machine)["Policies"][0]["Statement"][0];
        assert_eq!(statement["Action"].as_str(), Some("lambda:InvokeFunction"));
        let arns = statement["Resource"].as_sequence().unwrap().iter();
        arns.map(|arn| text(arn).trim_end_matches("Function.Arn").to_owned()).collect()
    }
}

/// The value itself, or both branches of an `!If`.
fn alternatives(value: &Value) -> Vec<&Value> {
    match value {
        Value::Tagged(tagged) => tagged.value.as_sequence().unwrap()[1..].iter().collect(),
        value => vec![value],
    }
}

/// The text below a tag like `!GetAtt`.
fn text(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => tagged.value.as_str().unwrap(),
        other => other.as_str().unwrap(),
    }
}

#[test]
fn every_function_has_a_policy_of_its_own_without_wildcard_actions() {
    let template = Template::read();
    for folder in folders("functions") {
        let function = template.resource(&format!("{}Function", step_name(&folder)));
        let statements = function["Policies"][0]["Statement"].as_sequence();
        let statements = statements.unwrap_or_else(|| panic!("{folder} has no policy")).iter();
        for statement in statements.flat_map(alternatives) {
            for action in statement["Action"].as_sequence().unwrap() {
                let action = action.as_str().unwrap();
                assert!(!action.contains('*'), "{folder}: {action}");
            }
        }
    }
}

#[test]
fn every_parameter_says_what_it_is_for() {
    let template = Template::read();
    for (name, parameter) in template.0["Parameters"].as_mapping().unwrap() {
        let says = parameter.get("Description").is_some() || parameter.get("AllowedValues").is_some();
        assert!(says, "{name:?} has no description");
    }
}

#[test]
fn execution_data_is_not_logged() {
    let template = Template::read();
    for machine in state_machines() {
        let logging = &template.state_machine(&machine)["Logging"];
        assert_eq!(logging["IncludeExecutionData"].as_bool(), Some(false), "{machine}");
    }
}

#[test]
fn the_records_outlive_the_stack() {
    let template = Template::read();
    let bucket = &template.0["Resources"]["RecordsBucket"];
    assert_eq!(
        (bucket["DeletionPolicy"].as_str(), bucket["UpdateReplacePolicy"].as_str()),
        (Some("Retain"), Some("Retain"))
    );
}

#[test]
fn an_answer_that_did_not_come_is_waited_for_as_long_as_the_function_may_run() {
    let template = Template::read();
    let time_out = template.0["Globals"]["Function"]["Timeout"].as_i64().unwrap();
    assert!(template.resource("AccountsApiFunction").get("Timeout").is_none());
    assert_eq!(accounts_api::TIME_OUT.whole_seconds(), time_out);
}
