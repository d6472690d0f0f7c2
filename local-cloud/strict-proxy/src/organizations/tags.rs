//! The tag rules of AWS, which moto lacks.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html>

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Organization;
use super::errors::{Outcome, invalid, violation};
use crate::sync::lock;
use crate::tags::{MAX_KEY_LENGTH, MAX_VALUE_LENGTH, is_reserved, is_tag_character};
use crate::wire::{AwsError, AwsRequest, AwsResponse};

const MAX_TAGS: usize = 50;

type Check = Result<(), AwsError>;

impl Organization {
    /// "If any one of the tags is not valid [...], then the entire request fails."
    pub(super) async fn check_tags(&self, request: &AwsRequest) -> Check {
        if let Some(keys) = request.parameters["TagKeys"].as_array() {
            return keys.iter().filter_map(Value::as_str).try_for_each(check_prefix);
        }
        let Some(tags) = request.parameters["Tags"].as_array() else {
            return Ok(());
        };
        let mut keys = HashSet::new();
        for tag in tags {
            let (Some(key), Some(value)) = (tag["Key"].as_str(), tag["Value"].as_str()) else {
                return Err(invalid("INPUT_REQUIRED", "You must include a value for all required parameters."));
            };
            check_tag(key, value)?;
            if !keys.insert(key.to_owned()) {
                let message = "Tag keys must be unique among the tags attached to the same entity.";
                return Err(invalid("DUPLICATE_TAG_KEY", message));
            }
            lock(&self.tag_policies).check(key, value)?;
        }
        self.check_number(request, keys).await
    }

    pub(super) async fn tags_of(&self, resource: &str) -> Result<Vec<Value>, AwsResponse> {
        let own = lock(&self.governance).policies.tags(resource);
        if let Some(tags) = own {
            return Ok(tags);
        }
        let parameters = json!({"ResourceId": resource});
        self.upstreams.organizations_list("ListTagsForResource", parameters, "Tags").await
    }

    /// Handles a call about the tags of a policy that moto lacks; `None` for other resources.
    pub(super) fn tag_policy(&self, request: &AwsRequest) -> Option<Outcome> {
        let (policy, parameters) = (request.string("ResourceId")?, &request.parameters);
        let mut governance = lock(&self.governance);
        match request.operation.as_str() {
            "ListTagsForResource" => Some(Ok(json!({"Tags": governance.policies.tags(policy)?}))),
            "TagResource" => governance.policies.tag(policy, &parameters["Tags"]).then(|| Ok(json!({}))),
            "UntagResource" => governance.policies.untag(policy, &parameters["TagKeys"]).then(|| Ok(json!({}))),
            _ => None,
        }
    }

    /// Counts the new tags and those that the resource has.
    async fn check_number(&self, request: &AwsRequest, mut keys: HashSet<String>) -> Check {
        if let Some(resource) = request.string("ResourceId") {
            // If the resource does not exist, moto rejects the call.
            let tags = self.tags_of(resource).await.unwrap_or_default();
            keys.extend(tags.iter().filter_map(|tag| tag["Key"].as_str().map(str::to_owned)));
        }
        if keys.len() <= MAX_TAGS {
            return Ok(());
        }
        Err(violation("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource."))
    }
}

fn check_tag(key: &str, value: &str) -> Check {
    let (key_length, value_length) = (key.chars().count(), value.chars().count());
    if key_length > MAX_KEY_LENGTH || value_length > MAX_VALUE_LENGTH {
        return Err(invalid("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed."));
    }
    if key_length == 0 {
        return Err(invalid("MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed."));
    }
    if !key.chars().chain(value.chars()).all(is_tag_character) {
        return Err(invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern."));
    }
    check_prefix(key)
}

fn check_prefix(key: &str) -> Check {
    let message = "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys.";
    if is_reserved(key) { Err(invalid("INVALID_SYSTEM_TAGS_PARAMETER", message)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(key: &str, value: &str) -> Option<String> {
        check_tag(key, value).err().and_then(|error| error.reason)
    }

    #[test]
    fn letters_of_all_scripts_are_accepted() {
        for (key, value) in [("Größe", "a b/c=d+e-f@g_h.i:j"), ("日本", "²½Ⅷ"), ("k", "\u{a0}\u{2028}"), ("k", "")]
        {
            assert_eq!(reason(key, value), None, "{key}={value}");
        }
    }

    #[test]
    fn marks_and_controls_are_rejected() {
        for (key, value) in [("k", "e\u{301}"), ("จัดการ", ""), ("k", "a\tb"), ("a&b", ""), ("k", "#1"), ("k", "🙂")]
        {
            assert_eq!(reason(key, value).as_deref(), Some("INVALID_PATTERN"), "{key}={value}");
        }
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(reason(&"ä".repeat(128), &"ä".repeat(256)), None);
        assert_eq!(reason(&"k".repeat(129), "").as_deref(), Some("MAX_LENGTH_EXCEEDED"));
        assert_eq!(reason("k", &"v".repeat(257)).as_deref(), Some("MAX_LENGTH_EXCEEDED"));
        assert_eq!(reason("", "").as_deref(), Some("MIN_LENGTH_EXCEEDED"));
    }

    #[test]
    fn reserved_keys_are_rejected_in_any_case() {
        for key in ["aws:x", "AWS:x", "aws:"] {
            assert_eq!(reason(key, "").as_deref(), Some("INVALID_SYSTEM_TAGS_PARAMETER"), "{key}");
        }
        assert_eq!(reason("awsome", ""), None);
    }
}
