//! The policies that moto lacks, and their attachments.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::super::policy_types::PolicyType;

#[derive(Default)]
pub(in super::super) struct OwnPolicies {
    last: u32,
    by_id: BTreeMap<String, Policy>,
    /// In the order in which the policies were attached.
    attachments: Vec<Attachment>,
}

struct Policy {
    kind: &'static PolicyType,
    arn: String,
    name: String,
    description: String,
    content: String,
    tags: BTreeMap<String, String>,
    /// In seconds since 1970.
    updated_at: i64,
}

struct Attachment {
    policy: String,
    target: String,
    /// In seconds since 1970.
    attached_at: i64,
}

/// A new policy.
pub(super) struct Draft<'a> {
    pub(super) kind: &'static PolicyType,
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) content: &'a str,
    pub(super) tags: &'a Value,
}

impl OwnPolicies {
    /// Returns the response of CreatePolicy.
    pub(super) fn create(&mut self, draft: &Draft<'_>, arn_prefix: &str) -> Value {
        self.last += 1;
        let id = format!("p-{:08x}", self.last);
        let policy = Policy {
            kind: draft.kind,
            arn: format!("{arn_prefix}/{id}"),
            name: draft.name.to_owned(),
            description: draft.description.to_owned(),
            content: draft.content.to_owned(),
            tags: pairs(draft.tags).collect(),
            updated_at: now(),
        };
        let described = policy.described(&id);
        self.by_id.insert(id, policy);
        described
    }

    /// Changes the given fields.
    pub(super) fn update(&mut self, id: &str, name: Option<&str>, description: Option<&str>, content: Option<&str>) {
        let Some(policy) = self.by_id.get_mut(id) else { return };
        for (field, value) in
            [(&mut policy.name, name), (&mut policy.description, description), (&mut policy.content, content)]
        {
            if let Some(value) = value {
                value.clone_into(field);
            }
        }
        policy.updated_at = now();
    }

    pub(super) fn delete(&mut self, id: &str) {
        self.by_id.remove(id);
    }

    /// Returns the response of DescribePolicy.
    pub(super) fn describe(&self, id: &str) -> Option<Value> {
        self.by_id.get(id).map(|policy| policy.described(id))
    }

    pub(super) fn summaries(&self, kind: &PolicyType) -> Vec<Value> {
        let of_kind = self.by_id.iter().filter(|(_, policy)| policy.kind.name == kind.name);
        of_kind.map(|(id, policy)| policy.summary(id)).collect()
    }

    pub(super) fn attach(&mut self, policy: &str, target: &str) {
        let (policy, target) = (policy.to_owned(), target.to_owned());
        self.attachments.push(Attachment { policy, target, attached_at: now() });
    }

    pub(super) fn detach(&mut self, policy: &str, target: &str) {
        self.attachments.retain(|attachment| attachment.policy != policy || attachment.target != target);
    }

    pub(super) fn detach_all(&mut self, target: &str) {
        self.attachments.retain(|attachment| attachment.target != target);
    }

    /// Returns the summaries of the policies of a type that are attached to a target.
    pub(super) fn attached(&self, target: &str, kind: &PolicyType) -> Vec<Value> {
        self.at(target, kind).map(|(attachment, policy)| policy.summary(&attachment.policy)).collect()
    }

    pub(super) fn targets(&self, policy: &str) -> Vec<String> {
        let of_policy = self.attachments.iter().filter(|attachment| attachment.policy == policy);
        of_policy.map(|attachment| attachment.target.clone()).collect()
    }

    /// Returns the contents that are attached to a target, and when the last of them changed.
    pub(in super::super) fn contents(&self, target: &str, kind: &PolicyType) -> (Vec<Value>, Option<i64>) {
        let contents =
            self.at(target, kind).map(|(_, policy)| serde_json::from_str(&policy.content).unwrap_or_default());
        let changed = self.at(target, kind).map(|(attachment, policy)| attachment.attached_at.max(policy.updated_at));
        (contents.collect(), changed.max())
    }

    fn at(&self, target: &str, kind: &PolicyType) -> impl Iterator<Item = (&Attachment, &Policy)> {
        let at_target = self.attachments.iter().filter(move |attachment| attachment.target == target);
        let with_policy = at_target.filter_map(|attachment| Some((attachment, self.by_id.get(&attachment.policy)?)));
        with_policy.filter(move |(_, policy)| policy.kind.name == kind.name)
    }

    /// Returns `None` if the policy is not here.
    pub(in super::super) fn tags(&self, id: &str) -> Option<Vec<Value>> {
        let tags = &self.by_id.get(id)?.tags;
        Some(tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect())
    }

    /// Returns whether the policy is here.
    pub(in super::super) fn tag(&mut self, id: &str, tags: &Value) -> bool {
        self.by_id.get_mut(id).map(|policy| policy.tags.extend(pairs(tags))).is_some()
    }

    /// Returns whether the policy is here.
    pub(in super::super) fn untag(&mut self, id: &str, keys: &Value) -> bool {
        let keys: Vec<&str> = keys.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        self.by_id.get_mut(id).map(|policy| policy.tags.retain(|key, _| !keys.contains(&key.as_str()))).is_some()
    }
}

impl Policy {
    fn summary(&self, id: &str) -> Value {
        json!({
            "Id": id, "Arn": self.arn, "Name": self.name, "Description": self.description, "Type": self.kind.name,
            "AwsManaged": false,
        })
    }

    fn described(&self, id: &str) -> Value {
        json!({"Policy": {"PolicySummary": self.summary(id), "Content": self.content}})
    }
}

fn pairs(tags: &Value) -> impl Iterator<Item = (String, String)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let tags = tags.as_array().into_iter().flatten();
    tags.filter_map(move |tag| Some((text(&tag["Key"])?, text(&tag["Value"])?)))
}

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}
