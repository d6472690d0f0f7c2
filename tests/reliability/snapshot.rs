//! Everything that a vend configures for one account, without the values that differ between accounts.

use std::collections::BTreeSet;

use cloud::{Caller, Cloud, REGIONS, key_of};
use serde_json::{Value, json};

/// Equal for two accounts in the same state.
pub(crate) async fn snapshot(cloud: &Cloud, name: &str, email: &str) -> Value {
    let account = cloud.account_of(email).await;
    let id = account.id().unwrap();
    let member = cloud.member(id);
    let whole = json!({
        "account": { "name": account.name(), "unit": cloud.unit_of(id).await, "tags": cloud.tags_of(id).await },
        "roles": roles(&aws_sdk_iam::Client::new(&member)).await,
        "regions": regions(cloud, id).await,
        "settings": settings(cloud, id).await,
        "request": request(cloud, email).await,
    });
    let key = key_of(email);
    let neutral = [(id, "ACCOUNT"), (email, "EMAIL"), (&key, "KEY"), (name, "NAME")];
    let text = neutral.iter().fold(whole.to_string(), |text, (own, neutral)| text.replace(own, neutral));
    serde_json::from_str(&text).unwrap()
}

async fn roles(iam: &aws_sdk_iam::Client) -> Value {
    let mut roles = Vec::new();
    for role in iam.list_roles().send().await.unwrap().roles() {
        let name = role.role_name();
        let mut inline = Vec::new();
        for policy in iam.list_role_policies().role_name(name).send().await.unwrap().policy_names() {
            let policy = iam.get_role_policy().role_name(name).policy_name(policy).send().await.unwrap();
            inline.push(json!([policy.policy_name(), policy.policy_document()]));
        }
        let attached = iam.list_attached_role_policies().role_name(name).send().await.unwrap();
        let attached: Vec<_> = attached.attached_policies().iter().map(|policy| policy.policy_arn()).collect();
        roles.push(json!({
            "name": name, "path": role.path(), "trust": role.assume_role_policy_document(),
            "inline": inline, "attached": attached,
        }));
    }
    roles.sort_by_key(|role| role["name"].to_string());
    Value::Array(roles)
}

/// The settings of each governed Region.
async fn regions(cloud: &Cloud, id: &str) -> Value {
    let mut regions = Vec::new();
    for region in REGIONS {
        let account = cloud.wire(id).in_region(region);
        let config = |operation: &str| format!("StarlingDoveService.{operation}");
        let mut recorders = account.json("config", &config("DescribeConfigurationRecorders"), &json!({})).await;
        for recorder in recorders["ConfigurationRecorders"].as_array_mut().unwrap() {
            // The start time of the recorder, and an ARN that ends with an ID.
            recorder["status"].take();
            recorder["arn"].take();
        }
        let channels = account.json("config", &config("DescribeDeliveryChannels"), &json!({})).await;
        let status = account.json("config", &config("DescribeConfigurationRecorderStatus"), &json!({})).await;
        let mut ec2 = Vec::new();
        for operation in [
            "GetEbsEncryptionByDefault",
            "GetSnapshotBlockPublicAccessState",
            "GetImageBlockPublicAccessState",
            "GetInstanceMetadataDefaults",
        ] {
            ec2.push(without_request_id(&account.ec2(operation, &[]).await));
        }
        regions.push(json!({
            "region": region, "recorders": recorders, "channels": channels,
            "recording": status["ConfigurationRecordersStatus"][0]["recording"], "compute": ec2,
        }));
    }
    Value::Array(regions)
}

/// The settings of the account as a whole.
async fn settings(cloud: &Cloud, id: &str) -> Value {
    let (account, management) = (cloud.wire(id), cloud.wire("123456789012"));
    let mut iam = Vec::new();
    for operation in ["GetAccountPasswordPolicy", "ListAccountAliases", "ListOpenIDConnectProviders"] {
        iam.push(without_request_id(&account.iam(operation, &[]).await));
    }
    let mut contacts = Vec::new();
    for kind in ["SECURITY", "BILLING", "OPERATIONS"] {
        let contact = json!({ "AccountId": id, "AlternateContactType": kind });
        contacts.push(management.rest("account", "POST", "/getAlternateContact", Some(&contact)).await);
    }
    let budget = json!({ "AccountId": "123456789012", "BudgetName": format!("account-vending-{id}") });
    let described = management.json("budgets", "AWSBudgetServiceGateway.DescribeBudget", &budget).await;
    let notified = management.json("budgets", "AWSBudgetServiceGateway.DescribeNotificationsForBudget", &budget).await;
    let block = account.rest("s3", "GET", "/v20180820/configuration/publicAccessBlock", None).await;
    json!({
        "iam": iam, "contacts": contacts, "publicAccess": without_request_id(&block),
        "budget": described["Budget"]["BudgetLimit"], "notifications": notified["Notifications"],
        "assignments": assignments(cloud, id).await,
    })
}

async fn assignments(cloud: &Cloud, id: &str) -> Vec<Value> {
    let center = cloud.identity_center().await;
    let mut assignments = Vec::new();
    for set in center.permission_sets().await {
        let input = json!({ "InstanceArn": center.instance, "AccountId": id, "PermissionSetArn": set });
        let listed = center.sso("ListAccountAssignments", &input).await;
        assignments.push(listed["AccountAssignments"].clone());
    }
    assignments
}

/// XML responses contain the ID of the request.
fn without_request_id(response: &Value) -> Value {
    let Some(text) = response.as_str() else { return response.clone() };
    let parts = text.split("equestId>").enumerate().filter(|(index, _)| index % 2 == 0).map(|(_, part)| part);
    Value::from(parts.collect::<String>())
}

/// The record of the last attempt, its execution, and the response of the API.
async fn request(cloud: &Cloud, email: &str) -> Value {
    let id = cloud.last_request_id(email).await;
    let execution = cloud.end_of_execution(&id).await;
    let record = cloud.record(&id).await;
    let shown = Caller::root(cloud).outcome(&id).await;
    let steps = |steps: &Value| {
        let names = steps.as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap().to_owned());
        // The number of these steps depends on the timing: none for an account that exists, or more than one.
        names.filter(|name| name != "CheckAccountCreation").collect::<BTreeSet<_>>()
    };
    json!({
        "execution": execution.split(' ').next(),
        "recorded": record["outcome"]["status"],
        "recordedAccount": without_creation_time(&record["outcome"]["account"]),
        "recordedSteps": steps(&record["outcome"]["steps"]),
        "shown": shown["status"], "shownAccount": without_creation_time(&shown["account"]),
    })
}

/// The creation time differs between accounts.
fn without_creation_time(account: &Value) -> Value {
    let mut account = account.clone();
    account["createdAt"].take();
    account
}

/// The parts that differ, each by its JSON pointer.
pub(crate) fn differences(left: &Value, right: &Value) -> Vec<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            let below = |name: &&String| {
                let found = differences(&left[name.as_str()], &right[name.as_str()]);
                found.into_iter().map(|difference| format!("/{name}{difference}")).collect::<Vec<_>>()
            };
            names.iter().flat_map(below).collect()
        }
        (left, right) if left == right => Vec::new(),
        (left, right) => vec![format!(": {left} is not {right}")],
    }
}
