//! Rules for template.yaml.

use std::collections::BTreeSet;

use serde_norway::Value;

use crate::project::{functions, read, state_machines, step_name};

pub(crate) struct Template(Value);

impl Template {
    pub(crate) fn read() -> Self {
        Self(serde_norway::from_str(&read("template.yaml")).unwrap())
    }

    fn resource(&self, name: &str) -> &Value {
        &self.0["Resources"][name]["Properties"]
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
        let functions = ["AccountsApiFunction", "OrganizationApiFunction"];
        let events = functions.iter().flat_map(|name| self.resource(name)["Events"].as_mapping().unwrap().values());
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

/// The value itself, or the branches of an `!If` without `AWS::NoValue`.
fn alternatives(value: &Value) -> Vec<&Value> {
    match value {
        Value::Tagged(tagged) => {
            let branches = tagged.value.as_sequence().unwrap()[1..].iter();
            branches.filter(|branch| !matches!(branch, Value::Tagged(_))).collect()
        }
        value => vec![value],
    }
}

/// The string after a tag like `!GetAtt`.
fn text(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => tagged.value.as_str().unwrap(),
        other => other.as_str().unwrap(),
    }
}

#[test]
fn function_policies_have_no_wildcard_actions() {
    let template = Template::read();
    for folder in functions().into_iter().map(|function| function.name) {
        for statement in template.statements(&format!("{}Function", step_name(&folder))) {
            for action in statement["Action"].as_sequence().unwrap() {
                let action = action.as_str().unwrap();
                assert!(!action.contains('*'), "{folder}: {action}");
            }
        }
    }
}

impl Template {
    /// The statements of a function's policy.
    fn statements(&self, function: &str) -> Vec<&Value> {
        let statements = self.resource(function)["Policies"][0]["Statement"].as_sequence().unwrap();
        statements.iter().flat_map(alternatives).collect()
    }
}

fn allows(statement: &Value, action: &str) -> bool {
    statement["Action"].as_sequence().unwrap().iter().any(|allowed| allowed.as_str() == Some(action))
}

/// CreateAccount with tags needs TagResource before the account, and so its ARN, exists.
#[test]
fn create_account_can_tag_any_resource() {
    let template = Template::read();
    let statements = template.statements("CreateAccountFunction");
    let tagging: Vec<_> = statements.into_iter().filter(|one| allows(one, "organizations:TagResource")).collect();
    assert_eq!(tagging.iter().map(|one| one["Resource"].as_str()).collect::<Vec<_>>(), [Some("*")]);
}

/// Callers of IAM Identity Center need `kms:Decrypt` for its key.
#[test]
fn callers_of_identity_center_can_use_its_key() {
    let template = Template::read();
    for folder in functions().into_iter().map(|function| function.name) {
        let statements = template.statements(&format!("{}Function", step_name(&folder)));
        let calls = |prefix: &str| {
            let actions = statements.iter().flat_map(|one| one["Action"].as_sequence().unwrap());
            actions.filter_map(Value::as_str).any(|action| action.starts_with(prefix))
        };
        let decrypts = statements.iter().any(|one| allows(one, "kms:Decrypt"));
        assert_eq!(decrypts, calls("sso:") || calls("identitystore:"), "{folder}");
    }
}

/// Without the version, SAM creates a second stage, which is not throttled.
#[test]
fn api_sets_its_openapi_version() {
    let template = Template::read();
    assert_eq!(template.resource("AccountsApi")["OpenApiVersion"].as_str(), Some("3.0.1"));
}

/// What can be in the manifest is no parameter, so that there is one place for each setting.
#[test]
fn few_parameters_stay_and_the_manual_says_why() {
    let template = Template::read();
    let parameters = template.0["Parameters"].as_mapping().unwrap();
    let names: BTreeSet<&str> = parameters.keys().filter_map(|name| name.as_str()).collect();
    assert!(names.len() <= 24, "{} parameters: {names:?}", names.len());
    for page in ["docs/src/configure/parameters.md", "docs/src/configure/former-parameters.md"] {
        let text = read(page);
        let missing: Vec<_> = names.iter().filter(|name| !text.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "{page} does not have {missing:?}");
    }
}

#[test]
fn every_parameter_has_a_description() {
    let template = Template::read();
    for (name, parameter) in template.0["Parameters"].as_mapping().unwrap() {
        let is_described = parameter.get("Description").is_some() || parameter.get("AllowedValues").is_some();
        assert!(is_described, "{name:?} has no description");
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
fn records_bucket_outlives_the_stack() {
    let template = Template::read();
    let bucket = &template.0["Resources"]["RecordsBucket"];
    assert_eq!(
        (bucket["DeletionPolicy"].as_str(), bucket["UpdateReplacePolicy"].as_str()),
        (Some("Retain"), Some("Retain"))
    );
}

impl Template {
    /// The roles that alone may change and delete these objects of the records bucket.
    fn writers(&self, objects: &str) -> Vec<&str> {
        let policy = self.resource("RecordsBucketPolicy")["PolicyDocument"]["Statement"].as_sequence().unwrap();
        let resource = format!("${{RecordsBucket.Arn}}/{objects}");
        let is_of = |statement: &&Value| {
            matches!(&statement["Resource"], Value::Tagged(_)) && text(&statement["Resource"]) == resource
        };
        let denial = policy.iter().find(is_of).unwrap();
        assert_eq!((denial["Effect"].as_str(), denial["Principal"].as_str()), (Some("Deny"), Some("*")));
        for action in ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"] {
            assert!(allows(denial, action), "{objects}: {action}");
        }
        let principals = denial["Condition"]["ArnNotEquals"]["aws:PrincipalArn"].as_sequence().unwrap();
        let (roles, sessions): (Vec<_>, Vec<_>) = principals.iter().map(text).partition(|arn| arn.ends_with(".Arn"));
        for (role, session) in roles.iter().zip(&sessions) {
            assert!(session.ends_with(&format!(":assumed-role/${{{}}}/*", role.trim_end_matches(".Arn"))), "{session}");
        }
        assert_eq!(roles.len(), sessions.len());
        roles
    }
}

/// The settings decide who may request what.
#[test]
fn only_write_settings_can_change_the_settings() {
    let template = Template::read();
    assert_eq!(template.writers(vending_core::Settings::KEY), ["WriteSettingsFunctionRole.Arn"]);
    let functions = functions().into_iter().filter(|function| function.stage == "organization");
    let roles = functions.map(|function| format!("{}FunctionRole.Arn", step_name(&function.name)));
    let mut roles: Vec<String> = roles.chain(["OrganizationApiFunctionRole.Arn".to_owned()]).collect();
    roles.sort_unstable();
    let mut writers = template.writers("organization/*");
    writers.sort_unstable();
    assert_eq!(writers, roles);
}

/// A run that started earlier has ended.
#[test]
fn longest_run_equals_the_timeout_of_its_execution() {
    let machine: serde_json::Value = serde_json::from_str(&read("statemachine/build-organization.asl.json")).unwrap();
    assert_eq!(machine["TimeoutSeconds"].as_i64(), Some(organization_api::LONGEST_RUN.whole_seconds()));
}

#[test]
fn idempotency_wait_equals_the_function_timeout() {
    let template = Template::read();
    let time_out = template.0["Globals"]["Function"]["Timeout"].as_i64().unwrap();
    assert!(template.resource("AccountsApiFunction").get("Timeout").is_none());
    assert_eq!(accounts_api::TIMEOUT.whole_seconds(), time_out);
}
