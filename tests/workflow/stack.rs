//! Accounts as resources of CloudFormation stacks, made from the template of the Service Catalog product.
//!
//! Where the local cloud sends less than AWS, the function is invoked as CloudFormation would: it sends no deletion
//! of what it failed to create, and nobody can send an event of a stack that is not theirs.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Parameter;
use local_cloud::{Caller, Cloud, email, key_of, pause, request, stack_event, unique};
use serde_json::{Value, json};
use strict::{Fault, Rule, Settings};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TEMPLATE: &str = include_str!("../../service-catalog/account.yaml");
const FUNCTION: &str = "account-vending-account-resource";
const STACK_TAG: &str = "account-vending:stack";

/// A stack with one account in it.
pub(crate) struct Stack {
    client: Client,
    id: String,
}

impl Stack {
    pub(crate) async fn create(cloud: &Cloud, name: &str, parameters: &[(&str, &str)]) -> Self {
        let client = Client::new(&cloud.platform);
        let create = client.create_stack().stack_name(unique(name)).template_body(TEMPLATE);
        let created = create.set_parameters(Some(list(parameters))).send().await.unwrap();
        Self { client, id: created.stack_id.unwrap() }
    }

    async fn update(&self, parameters: &[(&str, &str)]) {
        let update = self.client.update_stack().stack_name(&self.id).template_body(TEMPLATE);
        update.set_parameters(Some(list(parameters))).send().await.unwrap();
    }

    async fn delete(&self) {
        self.client.delete_stack().stack_name(&self.id).send().await.unwrap();
    }

    /// Waits until the stack has come to an end, and answers its status and its outputs.
    async fn end(&self) -> (String, BTreeMap<String, String>) {
        for _ in 0..600 {
            let stacks = self.client.describe_stacks().stack_name(&self.id).send().await.unwrap();
            let stack = &stacks.stacks()[0];
            let status = stack.stack_status().unwrap().as_str();
            if !status.ends_with("_IN_PROGRESS") {
                let pair = |output: &aws_sdk_cloudformation::types::Output| {
                    (output.output_key().unwrap().to_owned(), output.output_value().unwrap().to_owned())
                };
                return (status.to_owned(), stack.outputs().iter().map(pair).collect());
            }
            pause(Duration::from_millis(300)).await;
        }
        panic!("{} does not end", self.id)
    }

    pub(crate) async fn ends_as(&self, expected: &str) -> BTreeMap<String, String> {
        let (status, outputs) = self.end().await;
        assert_eq!(status, expected, "{}", self.reasons().await);
        outputs
    }

    /// What the stack's events say.
    async fn reasons(&self) -> String {
        let events = self.client.describe_stack_events().stack_name(&self.id).send().await.unwrap();
        let reasons = events.stack_events().iter().filter_map(|event| event.resource_status_reason());
        reasons.collect::<Vec<_>>().join("\n")
    }
}

/// The form of the product, as far as it must be filled in.
pub(crate) fn parameters<'a>(name: &'a str, email: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("AccountName", name), ("AccountEmail", email), ("OrganizationalUnit", "Workloads/Development")]
}

fn list(parameters: &[(&str, &str)]) -> Vec<Parameter> {
    let parameter =
        |(key, value): &(&str, &str)| Parameter::builder().parameter_key(*key).parameter_value(*value).build();
    parameters.iter().map(parameter).collect()
}

/// The answers that stacks wait for about an account.
async fn waiting(cloud: &Cloud, key: &str) -> Vec<Value> {
    let (s3, bucket) = (cloud.s3(), cloud.records_bucket().await);
    let listed = s3.list_objects_v2().bucket(&bucket).prefix(format!("answers/{key}/")).send().await.unwrap();
    let mut answers = Vec::new();
    for object in listed.contents() {
        // It may be given while we look.
        if let Ok(got) = s3.get_object().bucket(&bucket).key(object.key().unwrap()).send().await {
            let body = got.body.collect().await.unwrap();
            let mut answer: Value = serde_json::from_slice(&body.into_bytes()).unwrap();
            let name = object.key().unwrap().rsplit('/').next().unwrap().trim_end_matches(".json");
            answer["name"] = name.into();
            answers.push(answer);
        }
    }
    answers
}

#[tokio::test]
async fn a_stack_makes_changes_and_releases_an_account() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-whole"), email("stack-whole"));
    let mut parameters = parameters(&name, &email);
    parameters.push(("CostCenter", "1234"));
    let stack = Stack::create(&cloud, "stack-whole", &parameters).await;
    let outputs = stack.ends_as("CREATE_COMPLETE").await;
    let id = cloud.account_of(&email).await.id.unwrap();
    assert_eq!(outputs["AccountId"], id);
    assert_eq!(outputs["AccountEmail"], email);
    assert_eq!(outputs["RequestId"], format!("{}-1", key_of(&email)));
    assert!(outputs["ConsoleUrl"].contains(&format!("account={id}&roleName=account-vending%2Faccess%2FEngineer")));
    assert!(outputs["Roles"].contains(":role/account-vending/AccountVending "), "{outputs:?}");
    let tags = cloud.tags_of(&id).await;
    assert_eq!((tags[STACK_TAG].as_str(), tags["CostCenter"].as_str()), (stack.id.as_str(), "1234"));
    assert_eq!(cloud.unit_of(&id).await, "Development");

    parameters[2] = ("OrganizationalUnit", "Workloads/Production");
    stack.update(&parameters).await;
    stack.ends_as("UPDATE_COMPLETE").await;
    assert_eq!(cloud.unit_of(&id).await, "Production");

    parameters.push(("ReleasedOrganizationalUnit", "Sandbox"));
    stack.update(&parameters).await;
    let outputs = stack.ends_as("UPDATE_COMPLETE").await;
    assert_eq!(outputs["RequestId"], format!("{}-2", key_of(&email)), "nothing of the account was to be changed");

    stack.delete().await;
    stack.ends_as("DELETE_COMPLETE").await;
    assert_eq!(cloud.account_of(&email).await.id.unwrap(), id);
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], "released");
    assert_eq!(cloud.unit_of(&id).await, "Sandbox");
    assert!(waiting(&cloud, &key_of(&email)).await.is_empty());
}

#[tokio::test]
async fn a_released_account_comes_back_to_the_next_stack() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-again"), email("stack-again"));
    let mut parameters = parameters(&name, &email);
    parameters.push(("ReleasedOrganizationalUnit", "Sandbox"));
    let first = Stack::create(&cloud, "stack-again-1", &parameters).await;
    let id = first.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    first.delete().await;
    first.ends_as("DELETE_COMPLETE").await;

    let second = Stack::create(&cloud, "stack-again-2", &parameters).await;
    assert_eq!(second.ends_as("CREATE_COMPLETE").await["AccountId"], id);
    assert_eq!(cloud.account_of(&email).await.id.unwrap(), id);
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], second.id);
    assert_eq!(cloud.unit_of(&id).await, "Development");
}

#[tokio::test]
async fn a_request_of_the_api_is_joined_and_stays_the_callers() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let accepted = caller.post(&request("stack-joins")).await;
    let (name, email) = (unique("stack-joins"), email("stack-joins"));
    let parameters = parameters(&name, &email);
    let stack = Stack::create(&cloud, "stack-joins", &parameters).await;
    let outputs = stack.ends_as("CREATE_COMPLETE").await;
    assert_eq!(accepted.body["requestId"], outputs["RequestId"]);
    let id = cloud.account_of(&email).await.id.unwrap();
    assert!(!cloud.tags_of(&id).await.contains_key(STACK_TAG));

    stack.delete().await;
    stack.ends_as("DELETE_COMPLETE").await;
    assert_eq!(cloud.unit_of(&id).await, "Development");
    assert!(!cloud.tags_of(&id).await.contains_key(STACK_TAG));
}

#[tokio::test]
async fn the_email_of_an_account_cannot_be_changed() {
    let cloud = Cloud::connect();
    let (name, mail, other) = (unique("stack-email"), email("stack-email"), email("stack-email-other"));
    let mut parameters = parameters(&name, &mail);
    let stack = Stack::create(&cloud, "stack-email", &parameters).await;
    let id = stack.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    parameters[1] = ("AccountEmail", other.as_str());
    stack.update(&parameters).await;
    stack.ends_as("UPDATE_ROLLBACK_COMPLETE").await;
    let reasons = stack.reasons().await;
    assert!(reasons.contains("AccountEmail: must be left out or stay as it is"), "{reasons}");
    assert_eq!(cloud.account_of(&mail).await.id.unwrap(), id);
    assert!(cloud.accounts_of(&other).await.is_empty());
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], stack.id);
}

#[tokio::test]
async fn what_cannot_be_vended_fails_the_stack_with_a_readable_reason() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-refused"), email("stack-refused"));
    let mut parameters = vec![
        ("AccountName", name.as_str()),
        ("AccountEmail", email.as_str()),
        ("OrganizationalUnit", "Workloads/Nowhere"),
        ("Owner", "a@b.c"),
    ];
    let stack = Stack::create(&cloud, "stack-refused", &parameters).await;
    let (status, _) = stack.end().await;
    assert!(status == "ROLLBACK_COMPLETE" || status == "CREATE_FAILED", "{status}");
    let reasons = stack.reasons().await;
    assert!(reasons.contains("Owner: must have 6 to 64 characters"), "{reasons}");

    parameters.pop();
    let stack = Stack::create(&cloud, "stack-nowhere", &parameters).await;
    stack.end().await;
    let reasons = stack.reasons().await;
    assert!(reasons.contains("OrganizationalUnit: must exist: there is no `Nowhere` below `Workloads`"), "{reasons}");
    assert!(reasons.contains("Development, Production") || reasons.contains("Production, Development"), "{reasons}");
    assert!(cloud.accounts_of(&email).await.is_empty());
    assert!(!cloud.execution_exists(&format!("{}-1", key_of(&email))).await);
}

#[tokio::test]
async fn a_vend_that_fails_fails_the_stack_and_its_deletion_succeeds() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-fails"), email("stack-fails"));
    let strangers = [email.clone()].into();
    cloud.strict.set_settings(&Settings { settle_millis: None, strangers }).await.unwrap();
    let parameters = parameters(&name, &email);
    let stack = Stack::create(&cloud, "stack-fails", &parameters).await;
    stack.end().await;
    let (reasons, key) = (stack.reasons().await, key_of(&email));
    let told = format!("request {key}-1 failed at CheckAccountCreation: EmailAlreadyExists");
    assert!(reasons.contains(&told) && reasons.contains("Remedy: "), "{reasons}");
    assert!(waiting(&cloud, &key).await.is_empty());

    // AWS deletes what it failed to create; the local cloud does not.
    let mut deletion = stack_event(&cloud, "Delete", Some(&key), &json!({ "AccountName": name }));
    deletion["StackId"] = stack.id.clone().into();
    assert_eq!(cloud.invoke(FUNCTION, &deletion).await, Value::Null);
    assert!(cloud.accounts_of(&email).await.is_empty());
}

#[tokio::test]
async fn a_creation_that_was_refused_is_deleted_whatever_its_id() {
    let cloud = Cloud::connect();
    let refused = stack_event(&cloud, "Create", None, &json!({ "AccountName": "<>", "Colour": "red" }));
    assert_eq!(cloud.invoke(FUNCTION, &refused).await, Value::Null);
    for id in ["no-account", "aaaaaaaaaaaaaaaaaaaa", "something else"] {
        let deletion = stack_event(&cloud, "Delete", Some(id), &json!({ "AccountName": "<>" }));
        assert_eq!(cloud.invoke(FUNCTION, &deletion).await, Value::Null, "{id}");
    }
}

#[tokio::test]
async fn a_foreign_stack_changes_nothing() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-own"), email("stack-own"));
    let parameters = parameters(&name, &email);
    let stack = Stack::create(&cloud, "stack-own", &parameters).await;
    let id = stack.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    let properties = json!({
        "AccountName": name, "OrganizationalUnit": "Workloads/Production", "ReleasedOrganizationalUnit": "Sandbox"
    });
    for kind in ["Update", "Delete"] {
        let event = stack_event(&cloud, kind, Some(&key_of(&email)), &properties);
        assert_eq!(cloud.invoke(FUNCTION, &event).await, Value::Null);
    }
    assert_eq!(cloud.unit_of(&id).await, "Development");
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], stack.id);
    assert!(!cloud.execution_exists(&format!("{}-2", key_of(&email))).await);
}

#[tokio::test]
async fn an_event_that_is_not_cloudformations_is_refused() {
    let cloud = Cloud::connect();
    let forged = stack_event(&cloud, "Create", None, &json!({ "AccountName": unique("stack-forged") }));
    let (mut elsewhere, mut nobody) = (forged.clone(), forged);
    elsewhere["ResponseURL"] = "http://169.254.169.254/latest".into();
    nobody["StackId"] = "arn:aws:iam::123456789012:root".into();
    for event in [elsewhere, nobody] {
        let answer = cloud.invoke(FUNCTION, &event).await;
        assert_eq!(answer["errorType"], "InvalidRequest", "{answer}");
        assert!(!answer.to_string().contains("169.254"), "{answer}");
    }
}

/// The timer of a stack runs for 55 minutes: another one is started for the answer that waits for this request.
async fn fire_timer(cloud: &Cloud, email: &str, request_id: &str) {
    let key = key_of(email);
    let answer = loop {
        let waiting = waiting(cloud, &key).await;
        match waiting.iter().find(|answer| answer["requestId"] == request_id) {
            Some(answer) => break answer["name"].clone(),
            None => pause(Duration::from_millis(100)).await,
        }
    };
    let answer_by = (OffsetDateTime::now_utc() + time::Duration::seconds(1)).format(&Rfc3339).unwrap();
    let input = json!({ "answerBy": answer_by, "accountKey": key, "answer": answer });
    let machine = cloud.text("vendAccountStateMachineArn").replace("-vend-account", "-answer-stack");
    let start = cloud.step_functions().start_execution().state_machine_arn(machine);
    start.name(format!("fired-{request_id}")).input(input.to_string()).send().await.unwrap();
}

/// Calls of these functions about one object, or below one prefix, of the records bucket are denied.
async fn deny(cloud: &Cloud, function: &str, operation: &str, key: &str) -> u64 {
    let denied = Rule::new("s3", operation, Fault::AccessDenied);
    let (function, parameter) = (Some(function.to_owned()), Some(key.to_owned()));
    cloud.strict.add_rule(&Rule { function, parameter, times: Rule::ALWAYS, ..denied }).await.unwrap()
}

#[tokio::test]
async fn a_stack_that_nobody_answered_hears_from_its_timer() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-forgotten"), email("stack-forgotten"));
    let parameters = parameters(&name, &email);
    let first = Stack::create(&cloud, "stack-forgotten-1", &parameters).await;
    let id = first.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    first.delete().await;
    first.ends_as("DELETE_COMPLETE").await;

    let (key, request_id) = (key_of(&email), format!("{}-2", key_of(&email)));
    // Neither whoever ends the request nor a sweep, which reports what is owed, finds the answer.
    let rule = deny(&cloud, "*", "ListObjects*", &format!("answers/{key}")).await;
    let second = Stack::create(&cloud, "stack-forgotten-2", &parameters).await;
    while !cloud.execution_exists(&request_id).await {
        pause(Duration::from_millis(100)).await;
    }
    let outcome = Caller::root(&cloud).outcome(&request_id).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    cloud.end_of_execution(&request_id).await;
    fire_timer(&cloud, &email, &request_id).await;
    assert_eq!(second.ends_as("CREATE_COMPLETE").await["AccountId"], id);
    cloud.strict.remove_rule(rule).await.unwrap();
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], second.id);
    assert!(waiting(&cloud, &key).await.is_empty());
}

#[tokio::test]
async fn a_stack_hears_from_the_sweep_what_could_not_be_reported() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-swept"), email("stack-swept"));
    let request_id = format!("{}-1", key_of(&email));
    let rule = deny(&cloud, "*-report-outcome", "PutObject", &format!("requests/{}/1.json", key_of(&email))).await;
    let parameters = parameters(&name, &email);
    let stack = Stack::create(&cloud, "stack-swept", &parameters).await;
    while !cloud.execution_exists(&request_id).await {
        pause(Duration::from_millis(100)).await;
    }
    cloud.end_of_execution(&request_id).await;
    cloud.strict.remove_rule(rule).await.unwrap();
    cloud.run_scheduled("account-vending-sweep-requests").await;
    assert_eq!(stack.ends_as("CREATE_COMPLETE").await["RequestId"], request_id);
    assert!(waiting(&cloud, &key_of(&email)).await.is_empty());
}

#[tokio::test]
async fn a_stack_whose_time_is_up_is_told_that_its_request_goes_on() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-slow"), email("stack-slow"));
    let throttled = Fault::error(400, "TooManyRequestsException", "Rate exceeded");
    let waits = Rule { times: Rule::ALWAYS, ..Rule::new("organizations", "CreateAccount", throttled) };
    let rule = cloud.strict.add_rule(&Rule { parameter: Some(email.clone()), ..waits }).await.unwrap();
    let parameters = parameters(&name, &email);
    let stack = Stack::create(&cloud, "stack-slow", &parameters).await;
    let (key, request_id) = (key_of(&email), format!("{}-1", key_of(&email)));
    fire_timer(&cloud, &email, &request_id).await;

    let (status, _) = stack.end().await;
    let reasons = stack.reasons().await;
    assert!(status == "ROLLBACK_COMPLETE" || status == "CREATE_FAILED", "{status}: {reasons}");
    assert!(reasons.contains(&format!("request {request_id} has not ended after 55 minutes")), "{reasons}");
    cloud.strict.remove_rule(rule).await.unwrap();
    let outcome = Caller::root(&cloud).outcome(&request_id).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert!(waiting(&cloud, &key).await.is_empty());
}
