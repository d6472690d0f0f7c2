//! The local cloud: the emulated AWS, read with the AWS SDK.

use std::collections::BTreeMap;
use std::path::Path;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_organizations::types::Account;
use aws_sdk_sts::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use local_cloud::strict::StrictClient;
use local_cloud::{AwsClient, Credentials, REGION, Stack, root_credentials};
use serde_json::{Value, json};
use vending_core::{AccountKey, EmailAddress};

use crate::wait::wait_for;
use crate::wire::Wire;

#[derive(Debug)]
pub struct Cloud {
    pub stack: Stack,
    /// The control plane of AWS: accounts, roles, recorders.
    pub aws: SdkConfig,
    /// The platform: the stack's own resources.
    pub platform: SdkConfig,
    pub strict: StrictClient,
}

impl Cloud {
    pub fn connect() -> Self {
        let path = std::env::var_os("ACCOUNT_VENDING_STACK")
            .expect("ACCOUNT_VENDING_STACK names target/local/stack.json of `cargo xtask up --strict`");
        let stack = Stack::read(Path::new(&path)).unwrap();
        let strict = stack.strict_endpoint.as_ref().expect("`cargo xtask up --strict` started the local cloud");
        Self {
            aws: sdk_config(&stack.aws_endpoint),
            platform: sdk_config(&stack.platform_endpoint),
            strict: StrictClient::new(strict),
            stack,
        }
    }

    pub fn enforces_iam() -> bool {
        std::env::var_os("NEXTEST_PROFILE").is_some_and(|profile| profile == "enforce-iam")
    }

    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        aws_sdk_organizations::Client::new(&self.aws)
    }

    /// Waits until AWS has created the account with an email, and returns its ID.
    pub async fn created_account(&self, email: &str) -> String {
        let what = format!("the account {email}");
        let account = wait_for(&what, || async { self.accounts_of(email).await.pop() }).await;
        account.id.unwrap()
    }

    /// All accounts of the organization with this email.
    pub async fn accounts_of(&self, email: &str) -> Vec<Account> {
        let mut accounts = self.accounts().await;
        accounts.retain(|account| account.email() == Some(email));
        accounts
    }

    /// The only account with this email.
    pub async fn account_of(&self, email: &str) -> Account {
        let mut accounts = self.accounts_of(email).await;
        assert_eq!(accounts.len(), 1, "accounts of {email}: {accounts:?}");
        accounts.remove(0)
    }

    /// The IDs of all accounts, in the order in which AWS lists them.
    pub async fn account_ids(&self) -> Vec<String> {
        self.accounts().await.into_iter().filter_map(|account| account.id).collect()
    }

    pub async fn accounts(&self) -> Vec<Account> {
        let mut pages = self.organizations().list_accounts().into_paginator().send();
        let mut accounts = Vec::new();
        while let Some(page) = pages.next().await {
            accounts.extend(page.unwrap().accounts.unwrap_or_default());
        }
        accounts
    }

    pub async fn tags_of(&self, account_id: &str) -> BTreeMap<String, String> {
        let response = self.organizations().list_tags_for_resource().resource_id(account_id).send().await.unwrap();
        response.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
    }

    /// The name of the OU of an account.
    pub async fn unit_of(&self, account_id: &str) -> String {
        let client = self.organizations();
        let parents = client.list_parents().child_id(account_id).send().await.unwrap();
        let parent = parents.parents()[0].id().unwrap().to_owned();
        let unit = client.describe_organizational_unit().organizational_unit_id(parent).send().await;
        unit.unwrap().organizational_unit.unwrap().name.unwrap()
    }

    /// A member account, as its root user, whose access key is the account ID.
    pub fn member(&self, account_id: &str) -> SdkConfig {
        let credentials = Credentials::new(account_id, "test", None, None, "test");
        let mut builder = self.through_strict().to_builder();
        builder.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
        builder.build()
    }

    pub fn step_functions(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.platform)
    }

    pub fn execution_arn(&self, request_id: &str) -> String {
        let machine = &self.stack.vend_account_state_machine_arn;
        format!("{}:{request_id}", machine.replacen(":stateMachine:", ":execution:", 1))
    }

    pub async fn record(&self, request_id: &str) -> Value {
        self.document(&record_key(request_id)).await
    }

    /// A document of the records bucket.
    pub async fn document(&self, key: &str) -> Value {
        let get = self.s3().get_object().bucket(self.records_bucket().await).key(key);
        let body = get.send().await.unwrap().body.collect().await.unwrap();
        serde_json::from_slice(&body.into_bytes()).unwrap()
    }

    /// The records of all requests.
    pub async fn records(&self) -> Vec<Value> {
        let (s3, bucket) = (self.s3(), self.records_bucket().await);
        let mut pages = s3.list_objects_v2().bucket(&bucket).prefix("requests/").into_paginator().send();
        let mut records = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.unwrap().contents.unwrap_or_default() {
                let got = s3.get_object().bucket(&bucket).key(object.key.unwrap()).send().await.unwrap();
                records.push(serde_json::from_slice(&got.body.collect().await.unwrap().into_bytes()).unwrap());
            }
        }
        records
    }

    /// The names of all executions of vend-account, each with its status.
    pub async fn executions(&self) -> BTreeMap<String, String> {
        let list =
            self.step_functions().list_executions().state_machine_arn(&self.stack.vend_account_state_machine_arn);
        let mut pages = list.into_paginator().send();
        let mut executions = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let named = page.unwrap().executions.into_iter().map(|one| (one.name, one.status.as_str().to_owned()));
            executions.extend(named);
        }
        executions
    }

    pub async fn put_record(&self, record: &Value) {
        self.put_document(&record_key(record["requestId"].as_str().unwrap()), record).await;
    }

    /// Writes an object of the records bucket, which functions write otherwise.
    pub async fn put_document(&self, key: &str, document: &Value) {
        let put = self.s3().put_object().bucket(self.records_bucket().await).key(key);
        put.body(document.to_string().into_bytes().into()).send().await.unwrap();
    }

    pub fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.platform)
    }

    pub async fn records_bucket(&self) -> String {
        let buckets = self.s3().list_buckets().send().await.unwrap().buckets.unwrap_or_default();
        let mut names = buckets.into_iter().filter_map(|bucket| bucket.name);
        names.find(|name| name.contains("recordsbucket")).expect("the stack's records bucket")
    }

    /// The target of the deployed rule that matches an event. Events of AWS services cannot be sent to the local cloud.
    pub async fn target_of(&self, event: &Value) -> String {
        let targets = self.targets_of(event).await;
        let [target] = targets.as_slice() else { panic!("one target, not {targets:?}") };
        target.clone()
    }

    /// The targets of all deployed rules that match an event.
    pub async fn targets_of(&self, event: &Value) -> Vec<String> {
        let events = aws_sdk_eventbridge::Client::new(&self.platform);
        let rules = events.list_rules().send().await.unwrap().rules.unwrap_or_default();
        let mut targets = Vec::new();
        for (name, pattern) in rules.into_iter().filter_map(|rule| Some((rule.name?, rule.event_pattern?))) {
            let test = events.test_event_pattern().event_pattern(pattern).event(event.to_string());
            if test.send().await.unwrap().result {
                let found = events.list_targets_by_rule().rule(name).send().await.unwrap();
                targets.extend(found.targets.unwrap_or_default().into_iter().map(|target| target.arn));
            }
        }
        targets
    }

    /// Invokes a function and returns its result.
    pub async fn invoke(&self, function: &str, payload: &Value) -> Value {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        self.platform_wire().rest("lambda", "POST", &path, Some(payload)).await
    }

    /// Runs a function as its schedule does.
    pub async fn run_scheduled(&self, function: &str) -> Value {
        let event = json!({ "detail-type": "Scheduled Event", "source": "aws.events", "detail": {} });
        self.invoke(function, &event).await
    }

    /// AWS as the functions call it: through the strict proxy.
    pub fn through_strict(&self) -> SdkConfig {
        sdk_config(&self.strict.endpoint)
    }

    /// AWS without the SDK, as the root user of an account, through the strict proxy.
    pub fn wire(&self, account: &str) -> Wire {
        Wire(AwsClient::new(&self.strict.endpoint).as_root_of(account))
    }

    /// The platform without the SDK. It has one account.
    pub(crate) fn platform_wire(&self) -> Wire {
        Wire(AwsClient::new(&self.stack.platform_endpoint))
    }

    /// Waits until an execution has ended, and returns its status, error, and cause.
    pub async fn end_of_execution(&self, request_id: &str) -> String {
        let arn = self.execution_arn(request_id);
        wait_for(&format!("the end of the execution {request_id}"), || async {
            let execution = self.step_functions().describe_execution().execution_arn(&arn).send().await.unwrap();
            let has_ended = execution.status.as_str() != "RUNNING";
            has_ended.then(|| format!("{} {:?} {:?}", execution.status, execution.error, execution.cause))
        })
        .await
    }

    /// The ID of the last request for an account that has an execution.
    pub async fn last_request_id(&self, email: &str) -> String {
        let key = key_of(email);
        let mut attempt = 1;
        while self.execution_exists(&format!("{key}-{}", attempt + 1)).await {
            attempt += 1;
        }
        format!("{key}-{attempt}")
    }

    pub async fn execution_exists(&self, request_id: &str) -> bool {
        let arn = self.execution_arn(request_id);
        self.step_functions().describe_execution().execution_arn(arn).send().await.is_ok()
    }
}

fn sdk_config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(root_credentials()))
        .retry_config(RetryConfig::standard())
        .sleep_impl(aws_smithy_async::rt::sleep::default_async_sleep().unwrap())
        .http_client(vending_runtime::http_client())
        .build()
}

pub fn key_of(email: &str) -> String {
    AccountKey::from_email(&email.parse::<EmailAddress>().unwrap()).to_string()
}

fn record_key(request_id: &str) -> String {
    let (key, attempt) = request_id.split_once('-').unwrap();
    format!("requests/{key}/{attempt}.json")
}
