//! Condition keys.

use std::collections::BTreeMap;

use iam_evaluation::Keys;
use serde_json::{Value, json};

use super::caller::Caller;
use crate::wire::AwsRequest;

/// Returns the global condition keys of a role's calls, and keys of some operations.
pub(super) fn keys(request: &AwsRequest, caller: &Caller, organization: &str) -> Keys {
    let mut keys = Keys::new();
    let mut set = |name: &str, value: Value| keys.insert(name.to_owned(), value);
    let principal = caller.session.as_ref().map_or_else(|| caller.arn(), |session| session.role_arn.clone());
    set("aws:PrincipalArn", json!(principal));
    set("aws:PrincipalAccount", json!(caller.account));
    set("aws:PrincipalOrgID", json!(organization));
    set("aws:PrincipalType", json!(if caller.session.is_some() { "AssumedRole" } else { "Account" }));
    set("aws:PrincipalIsAWSService", json!(false));
    // All accounts of the emulators are in the organization.
    set("aws:ResourceOrgID", json!(organization));
    set("aws:RequestedRegion", json!(request.region));
    set("aws:SecureTransport", json!(true));
    set("aws:ViaAWSService", json!(false));
    for (key, parameter) in [
        ("iam:AWSServiceName", "AWSServiceName"),
        ("iam:PermissionsBoundary", "PermissionsBoundary"),
        ("iam:PolicyARN", "PolicyArn"),
        ("s3:prefix", "prefix"),
        ("sts:ExternalId", "ExternalId"),
        ("sts:RoleSessionName", "RoleSessionName"),
        ("sts:SourceIdentity", "SourceIdentity"),
    ] {
        if let Some(value) = request.string(parameter) {
            set(key, json!(value));
        }
    }
    add_tags(&mut keys, &request.parameters);
    keys
}

fn add_tags(keys: &mut Keys, parameters: &Value) {
    let tags = tags(parameters);
    if tags.is_empty() {
        return;
    }
    keys.insert("aws:TagKeys".to_owned(), tags.keys().cloned().collect());
    for (key, value) in tags {
        keys.insert(format!("aws:RequestTag/{key}"), json!(value));
    }
}

/// Reads tags in JSON (`Tags`; in Cost Explorer, `ResourceTags`) and in the query protocol (`Tags.member.1.Key`).
pub(super) fn tags(parameters: &Value) -> BTreeMap<String, String> {
    let listed = ["Tags", "ResourceTags"].into_iter().filter_map(|field| parameters[field].as_array()).flatten();
    let mut tags: BTreeMap<String, String> =
        listed.filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()))).collect();
    for number in 1.. {
        let member = |part: &str| parameters[format!("Tags.member.{number}.{part}")].as_str().map(str::to_owned);
        let Some(key) = member("Key") else {
            return tags;
        };
        tags.insert(key, member("Value").unwrap_or_default());
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Protocol;

    fn keys_of(parameters: Value) -> Keys {
        let (service, operation) = ("iam".to_owned(), "CreateRole".to_owned());
        let (region, protocol) = (Some("eu-west-1".to_owned()), Protocol::Query);
        let request = AwsRequest { service, operation, region, access_key_id: None, protocol, parameters };
        keys(&request, &Caller::root("123456789012"), "o-a")
    }

    #[test]
    fn keys_include_caller_region_and_parameters() {
        let keys = keys_of(json!({"RoleSessionName": "vend"}));
        assert_eq!(keys["aws:PrincipalArn"], "arn:aws:iam::123456789012:root");
        assert_eq!((&keys["aws:RequestedRegion"], &keys["aws:PrincipalOrgID"]), (&json!("eu-west-1"), &json!("o-a")));
        assert_eq!(keys["sts:RoleSessionName"], "vend");
        assert_eq!((keys.get("aws:TagKeys"), keys.get("aws:MultiFactorAuthPresent")), (None, None));
    }

    #[test]
    fn tags_are_read_in_all_protocols() {
        for parameters in [
            json!({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
            json!({"ResourceTags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
            json!({
                "Tags.member.1.Key": "a", "Tags.member.1.Value": "1",
                "Tags.member.2.Key": "b", "Tags.member.2.Value": "2",
            }),
        ] {
            let keys = keys_of(parameters);
            assert_eq!(keys["aws:TagKeys"], json!(["a", "b"]));
            assert_eq!((&keys["aws:RequestTag/a"], &keys["aws:RequestTag/b"]), (&json!("1"), &json!("2")));
        }
    }
}
