//! Accounts as resources of CloudFormation stacks, created from the template of the Service Catalog product.
//!
//! The local cloud sends no deletion after a failed creation, and no forged events: for those, the tests invoke the
//! function with events as CloudFormation sends them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Parameter;
use cloud::{Caller, Cloud, StackEvents, email, key_of, request, stack_event, unique, wait_for};
use local_cloud::strict::{Fault, Rule, Settings};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TEMPLATE: &str = include_str!("../../service-catalog/account.yaml");
const FUNCTION: &str = "account-vending-cfn-account-resource";
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

    /// Waits until the stack operation ends. Returns the status and the outputs of the stack.
    async fn end(&self) -> (String, BTreeMap<String, String>) {
        wait_for(&format!("the end of the operation of {}", self.id), || async {
            let stacks = self.client.describe_stacks().stack_name(&self.id).send().await.unwrap();
            let stack = &stacks.stacks()[0];
            let status = stack.stack_status().unwrap().as_str();
            let pair = |output: &aws_sdk_cloudformation::types::Output| {
                (output.output_key().unwrap().to_owned(), output.output_value().unwrap().to_owned())
            };
            let has_ended = !status.ends_with("_IN_PROGRESS");
            has_ended.then(|| (status.to_owned(), stack.outputs().iter().map(pair).collect()))
        })
        .await
    }

    pub(crate) async fn ends_as(&self, expected: &str) -> BTreeMap<String, String> {
        let (status, outputs) = self.end().await;
        assert_eq!(status, expected, "{}", self.reasons().await);
        outputs
    }

    /// Waits until the creation of the stack has failed with this reason.
    pub(crate) async fn fails_because(&self, reason: &str) {
        let (status, _) = self.end().await;
        assert!(status == "ROLLBACK_COMPLETE" || status == "CREATE_FAILED", "{status}");
        let reasons = self.reasons().await;
        assert!(reasons.contains(reason), "{reasons}");
    }

    /// The reasons in the events of the stack.
    async fn reasons(&self) -> String {
        let events = self.client.describe_stack_events().stack_name(&self.id).send().await.unwrap();
        let reasons = events.stack_events().iter().filter_map(|event| event.resource_status_reason());
        reasons.collect::<Vec<_>>().join("\n")
    }
}

/// The required parameters of the product.
pub(crate) fn parameters<'a>(name: &'a str, email: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("AccountName", name), ("AccountEmail", email), ("OrganizationalUnit", "Workloads/Development")]
}

fn list(parameters: &[(&str, &str)]) -> Vec<Parameter> {
    let parameter =
        |(key, value): &(&str, &str)| Parameter::builder().parameter_key(*key).parameter_value(*value).build();
    parameters.iter().map(parameter).collect()
}

/// The pending responses about an account.
async fn pending_responses(cloud: &Cloud, key: &str) -> Vec<Value> {
    let (s3, bucket) = (cloud.s3(), cloud.records_bucket().await);
    let listed = s3.list_objects_v2().bucket(&bucket).prefix(format!("responses/{key}/")).send().await.unwrap();
    let mut responses = Vec::new();
    for object in listed.contents() {
        // The response may be sent, and its object deleted, at this moment.
        if let Ok(got) = s3.get_object().bucket(&bucket).key(object.key().unwrap()).send().await {
            let body = got.body.collect().await.unwrap();
            let mut response: Value = serde_json::from_slice(&body.into_bytes()).unwrap();
            let name = object.key().unwrap().rsplit('/').next().unwrap().trim_end_matches(".json");
            response["name"] = name.into();
            responses.push(response);
        }
    }
    responses
}

#[tokio::test]
async fn stack_creates_changes_and_releases_an_account() {
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
    assert_eq!(outputs["RequestId"], format!("{}-2", key_of(&email)), "no setting of the account changed");

    stack.delete().await;
    stack.ends_as("DELETE_COMPLETE").await;
    assert_eq!(cloud.account_of(&email).await.id.unwrap(), id);
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], "released");
    assert_eq!(cloud.unit_of(&id).await, "Sandbox");
    assert!(pending_responses(&cloud, &key_of(&email)).await.is_empty());
}

#[tokio::test]
async fn released_account_is_not_given_to_next_stack() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-again"), email("stack-again"));
    let mut parameters = parameters(&name, &email);
    parameters.push(("ReleasedOrganizationalUnit", "Sandbox"));
    let first = Stack::create(&cloud, "stack-again-1", &parameters).await;
    let id = first.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    first.delete().await;
    first.ends_as("DELETE_COMPLETE").await;

    let second = Stack::create(&cloud, "stack-again-2", &parameters).await;
    second.fails_because(&format!("belongs to {}", first.id)).await;
    // CloudFormation deletes a resource whose creation failed; the local cloud does not.
    let properties = json!({ "AccountName": name, "OrganizationalUnit": "Workloads/Development" });
    let not_created = format!("not-created/{}", key_of(&email));
    StackEvents::for_stack(&cloud, &second.id).delete("Account", &not_created, &properties).await;
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], "released");
    assert_eq!(cloud.unit_of(&id).await, "Sandbox");
}

#[tokio::test]
async fn account_of_a_caller_is_not_given_to_a_stack() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let accepted = caller.post(&request("stack-joins")).await;
    let (name, email) = (unique("stack-joins"), email("stack-joins"));
    let parameters = parameters(&name, &email);
    let request_id = accepted.body["requestId"].as_str().unwrap();
    let early = Stack::create(&cloud, "stack-joins-early", &parameters).await;
    early.fails_because(&format!("request {request_id}")).await;
    assert_eq!(caller.outcome(request_id).await["status"], "VENDED");
    let late = Stack::create(&cloud, "stack-joins-late", &parameters).await;
    late.fails_because(&format!("request {request_id}")).await;

    let id = cloud.account_of(&email).await.id.unwrap();
    let events = StackEvents::for_stack(&cloud, &late.id);
    let properties = json!({ "AccountName": name, "ReleasedOrganizationalUnit": "Sandbox" });
    for physical_id in [format!("not-created/{}", key_of(&email)), key_of(&email)] {
        assert_eq!(events.delete("Account", &physical_id, &properties).await, Value::Null);
    }
    assert_eq!(cloud.unit_of(&id).await, "Development");
    assert!(!cloud.tags_of(&id).await.contains_key(STACK_TAG));
}

/// CloudFormation creates the resource under its new name, and then deletes the one with the old name.
#[tokio::test]
async fn renamed_or_rolled_back_resource_keeps_account() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-renamed"), email("stack-renamed"));
    let parameters = parameters(&name, &email);
    let stack = Stack::create(&cloud, "stack-renamed", &parameters).await;
    let id = stack.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    let (key, events) = (key_of(&email), StackEvents::for_stack(&cloud, &stack.id));
    let properties = json!({
        "AccountName": name, "AccountEmail": email, "OrganizationalUnit": "Workloads/Development",
        "ReleasedOrganizationalUnit": "Sandbox"
    });
    let check_owner = async |resources: Value| {
        assert_eq!(cloud.document(&format!("accounts/{id}.json")).await["stackResources"], resources);
        assert_eq!(cloud.tags_of(&id).await[STACK_TAG], stack.id);
        assert_eq!(cloud.unit_of(&id).await, "Development");
    };
    check_owner(json!(["Account"])).await;
    events.rename("Account", "Payments", &key, &properties).await;
    check_owner(json!(["Payments"])).await;
    // A copy with the same properties is created and rolled back.
    events.create_and_roll_back("Copy", &key, &properties).await;
    check_owner(json!(["Payments"])).await;
    // The creation of a copy with other properties fails, and the copy is deleted.
    let mut other = properties.clone();
    other["Reason"] = "CHG-2".into();
    events.create_and_roll_back("Other", &format!("not-created/{key}"), &other).await;
    check_owner(json!(["Payments"])).await;

    events.delete("Payments", &key, &properties).await;
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], "released");
    assert_eq!(cloud.unit_of(&id).await, "Sandbox");
}

#[tokio::test]
async fn email_of_an_account_cannot_be_changed() {
    let cloud = Cloud::connect();
    let (name, mail, other) = (unique("stack-email"), email("stack-email"), email("stack-email-other"));
    let mut parameters = parameters(&name, &mail);
    let stack = Stack::create(&cloud, "stack-email", &parameters).await;
    let id = stack.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    parameters[1] = ("AccountEmail", other.as_str());
    stack.update(&parameters).await;
    stack.ends_as("UPDATE_ROLLBACK_COMPLETE").await;
    let reasons = stack.reasons().await;
    assert!(reasons.contains("AccountEmail: must be left out or unchanged"), "{reasons}");
    assert_eq!(cloud.account_of(&mail).await.id.unwrap(), id);
    assert!(cloud.accounts_of(&other).await.is_empty());
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], stack.id);
}

#[tokio::test]
async fn invalid_properties_fail_stack_with_a_reason() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-rejected"), email("stack-rejected"));
    let mut parameters = vec![
        ("AccountName", name.as_str()),
        ("AccountEmail", email.as_str()),
        ("OrganizationalUnit", "Workloads/Nowhere"),
        ("Owner", "a@b.c"),
    ];
    let stack = Stack::create(&cloud, "stack-rejected", &parameters).await;
    let (status, _) = stack.end().await;
    assert!(status == "ROLLBACK_COMPLETE" || status == "CREATE_FAILED", "{status}");
    let reasons = stack.reasons().await;
    assert!(reasons.contains("Owner: must have 6 to 64 characters"), "{reasons}");

    parameters.pop();
    let stack = Stack::create(&cloud, "stack-nowhere", &parameters).await;
    stack.end().await;
    let reasons = stack.reasons().await;
    assert!(reasons.contains("OrganizationalUnit: must exist: there is no OU `Nowhere` in `Workloads`"), "{reasons}");
    assert!(reasons.contains("Development, Production") || reasons.contains("Production, Development"), "{reasons}");
    assert!(cloud.accounts_of(&email).await.is_empty());
    assert!(!cloud.execution_exists(&format!("{}-1", key_of(&email))).await);
}

#[tokio::test]
async fn failed_vend_fails_the_stack_and_is_deletable() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-fails"), email("stack-fails"));
    let external_emails = [email.clone()].into();
    cloud.strict.set_settings(&Settings { in_progress_millis: None, external_emails }).await.unwrap();
    let parameters = parameters(&name, &email);
    let stack = Stack::create(&cloud, "stack-fails", &parameters).await;
    stack.end().await;
    let (reasons, key) = (stack.reasons().await, key_of(&email));
    let expected = format!("request {key}-1 failed at CheckAccountCreation: EmailAlreadyExists");
    assert!(reasons.contains(&expected) && reasons.contains("Remedy: "), "{reasons}");
    assert!(pending_responses(&cloud, &key).await.is_empty());

    // CloudFormation deletes a resource whose creation failed; the local cloud does not.
    let events = StackEvents::for_stack(&cloud, &stack.id);
    let physical_id = format!("not-created/{key}");
    assert_eq!(events.delete("Account", &physical_id, &json!({ "AccountName": name })).await, Value::Null);
    assert!(cloud.accounts_of(&email).await.is_empty());
}

#[tokio::test]
async fn rejected_creation_can_be_deleted_with_any_id() {
    let cloud = Cloud::connect();
    let rejected = stack_event(&cloud, "Create", None, &json!({ "AccountName": "<>", "Color": "red" }));
    assert_eq!(cloud.invoke(FUNCTION, &rejected).await, Value::Null);
    for id in ["not-created/unknown", "aaaaaaaaaaaaaaaaaaaa", "something else"] {
        let deletion = stack_event(&cloud, "Delete", Some(id), &json!({ "AccountName": "<>" }));
        assert_eq!(cloud.invoke(FUNCTION, &deletion).await, Value::Null, "{id}");
    }
}

#[tokio::test]
async fn foreign_stack_changes_nothing() {
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
async fn forged_stack_events_are_rejected() {
    let cloud = Cloud::connect();
    let forged = stack_event(&cloud, "Create", None, &json!({ "AccountName": unique("stack-forged") }));
    let (mut wrong_url, mut wrong_stack_id) = (forged.clone(), forged);
    wrong_url["ResponseURL"] = "http://169.254.169.254/latest".into();
    wrong_stack_id["StackId"] = "arn:aws:iam::123456789012:root".into();
    for event in [wrong_url, wrong_stack_id] {
        let response = cloud.invoke(FUNCTION, &event).await;
        assert_eq!(response["errorType"], "InvalidRequest", "{response}");
        assert!(!response.to_string().contains("169.254"), "{response}");
    }
}

/// The timer of a stack runs for 55 minutes: this starts another one, with a short deadline, for the pending response.
async fn fire_timer(cloud: &Cloud, email: &str, request_id: &str) {
    let key = key_of(email);
    let response = wait_for(&format!("the pending response of {request_id}"), || async {
        let pending_responses = pending_responses(cloud, &key).await;
        let response = pending_responses.iter().find(|response| response["requestId"] == request_id)?;
        Some(response["name"].clone())
    })
    .await;
    let respond_by = (OffsetDateTime::now_utc() + time::Duration::seconds(1)).format(&Rfc3339).unwrap();
    let input = json!({ "respondBy": respond_by, "accountKey": key, "responseId": response });
    let machine = cloud.stack.vend_account_state_machine_arn.replace("-vend-account", "-cfn-response-timeout");
    let start = cloud.step_functions().start_execution().state_machine_arn(machine);
    start.name(format!("fired-{request_id}")).input(input.to_string()).send().await.unwrap();
}

/// Waits until a request has an execution.
async fn execution_of(cloud: &Cloud, request_id: &str) {
    let what = format!("the execution of {request_id}");
    wait_for(&what, || async { cloud.execution_exists(request_id).await.then_some(()) }).await;
}

/// Denies calls of these functions for one object, or one prefix, of the records bucket.
async fn deny(cloud: &Cloud, function: &str, operation: &str, key: &str) -> u64 {
    let denied = Rule::new("s3", operation, Fault::AccessDenied);
    let (function, parameter) = (Some(function.to_owned()), Some(key.to_owned()));
    cloud.strict.add_rule(&Rule { function, parameter, times: Rule::ALWAYS, ..denied }).await.unwrap()
}

#[tokio::test]
async fn timer_responds_to_a_stack_without_response() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-forgotten"), email("stack-forgotten"));
    let parameters = parameters(&name, &email);
    let (key, request_id) = (key_of(&email), format!("{}-1", key_of(&email)));
    // Neither report-outcome nor the sweep can list the pending response.
    let rule = deny(&cloud, "*", "ListObjects*", &format!("responses/{key}")).await;
    let stack = Stack::create(&cloud, "stack-forgotten", &parameters).await;
    execution_of(&cloud, &request_id).await;
    let outcome = Caller::root(&cloud).outcome(&request_id).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    cloud.end_of_execution(&request_id).await;
    fire_timer(&cloud, &email, &request_id).await;
    let id = stack.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    cloud.strict.remove_rule(rule).await.unwrap();
    assert_eq!(cloud.document(&format!("accounts/{id}.json")).await["stackResources"], json!(["Account"]));
    assert!(pending_responses(&cloud, &key).await.is_empty());
}

#[tokio::test]
async fn sweep_responds_when_the_report_failed() {
    let cloud = Cloud::connect();
    let (name, email) = (unique("stack-swept"), email("stack-swept"));
    let request_id = format!("{}-1", key_of(&email));
    let rule = deny(&cloud, "*-report-outcome", "PutObject", &format!("requests/{}/1.json", key_of(&email))).await;
    let parameters = parameters(&name, &email);
    let stack = Stack::create(&cloud, "stack-swept", &parameters).await;
    execution_of(&cloud, &request_id).await;
    cloud.end_of_execution(&request_id).await;
    cloud.strict.remove_rule(rule).await.unwrap();
    cloud.run_scheduled("account-vending-sweep-requests").await;
    assert_eq!(stack.ends_as("CREATE_COMPLETE").await["RequestId"], request_id);
    assert!(pending_responses(&cloud, &key_of(&email)).await.is_empty());
}

#[tokio::test]
async fn timer_says_that_the_request_is_still_running() {
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
    assert!(pending_responses(&cloud, &key).await.is_empty());

    // CloudFormation deletes a resource whose creation failed; the local cloud does not. The next stack gets the
    // account.
    let properties = json!({ "AccountName": name, "AccountEmail": email });
    let not_created = format!("not-created/{key}");
    StackEvents::for_stack(&cloud, &stack.id).delete("Account", &not_created, &properties).await;
    let next = Stack::create(&cloud, "stack-slow-next", &parameters).await;
    let id = next.ends_as("CREATE_COMPLETE").await["AccountId"].clone();
    assert_eq!(outcome["account"]["id"], id);
    assert_eq!(cloud.tags_of(&id).await[STACK_TAG], next.id);
    let changed = [parameters.as_slice(), &[("CostCenter", "1234")]].concat();
    next.update(&changed).await;
    next.ends_as("UPDATE_COMPLETE").await;
    assert_eq!(cloud.tags_of(&id).await["CostCenter"], "1234");
}
