//! What there is of one account, wherever a vend leaves something, without what differs from account to account.

use std::collections::BTreeSet;

use local_cloud::{Caller, Cloud, key_of};
use serde_json::{Value, json};

/// Equal for two accounts that came to the same end.
pub(crate) async fn snapshot(cloud: &Cloud, name: &str, email: &str) -> Value {
    let account = cloud.account_of(email).await;
    let id = account.id().unwrap();
    let member = cloud.member(id).await;
    let whole = json!({
        "account": { "name": account.name(), "unit": cloud.unit_of(id).await, "tags": cloud.tags_of(id).await },
        "roles": roles(&aws_sdk_iam::Client::new(&member)).await,
        "config": config(&aws_sdk_config::Client::new(&member)).await,
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

async fn config(config: &aws_sdk_config::Client) -> Value {
    let recorders = config.describe_configuration_recorders().send().await.unwrap();
    let channels = config.describe_delivery_channels().send().await.unwrap();
    let status = config.describe_configuration_recorder_status().send().await.unwrap();
    let recording: Vec<_> = status.configuration_recorders_status().iter().map(|one| one.recording).collect();
    json!({
        "recorders": recorders.configuration_recorders().iter().map(|one| format!("{one:?}")).collect::<Vec<_>>(),
        "channels": channels.delivery_channels().iter().map(|one| format!("{one:?}")).collect::<Vec<_>>(),
        "recording": recording,
    })
}

/// The books of the last attempt: its record, its execution, and what a caller is shown. All three must agree.
async fn request(cloud: &Cloud, email: &str) -> Value {
    let id = cloud.last_request_id(email).await;
    let execution = cloud.end_of_execution(&id).await;
    let record = cloud.record(&id).await;
    let shown = Caller::root(cloud).outcome(&id).await;
    let steps = |steps: &Value| {
        let names = steps.as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap().to_owned());
        // An account that is found needs no look at its creation, and another may need two.
        names.filter(|name| name != "CheckAccountCreation").collect::<BTreeSet<_>>()
    };
    json!({
        "execution": execution.split(' ').next(),
        "recorded": record["outcome"]["status"], "recordedAccount": record["outcome"]["account"],
        "recordedSteps": steps(&record["outcome"]["steps"]),
        "shown": shown["status"], "shownAccount": shown["account"],
    })
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
