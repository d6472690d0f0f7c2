//! The request to adopt an existing account.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use crate::id::{AccountId, EmailAddress};
use crate::object_reader::{ObjectReader, json_type};
use crate::problem::Problem;
use crate::request::{MAXIMUM_REASON, MAXIMUM_TAGS, reason, tags};
use crate::schema;
use crate::tag_rules::owner;

/// A request to adopt an existing account. Everything else about the account is read from AWS.
#[derive(Clone, Debug, Eq, PartialEq, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdoptionRequest {
    /// An account in the organization that this stack did not create.
    #[schemars(skip)]
    pub account_id: AccountId,
    /// The email of the owner of the account; stored in a tag of the account.
    #[schemars(default, extend("pattern" = schema::OWNER))]
    pub owner: Option<EmailAddress>,
    /// Why the account is adopted, up to 500 characters; stored in the record.
    #[schemars(default, length(max = MAXIMUM_REASON))]
    pub reason: Option<String>,
    /// Tags of the account, at most 40.
    #[schemars(default, extend(
        "maxProperties" = MAXIMUM_TAGS,
        "propertyNames" = schema::tag_key(),
        "additionalProperties" = schema::tag_value()
    ))]
    pub tags: BTreeMap<String, String>,
    /// The other deployment of account-vending that vended the account, if any: the value of the tag
    /// `account-vending:deployment` of the account.
    #[schemars(default, length(min = 1, max = 256))]
    pub deployment: Option<String>,
}

impl AdoptionRequest {
    /// A request for this account without any other field.
    pub fn for_account(account_id: AccountId) -> Self {
        Self { account_id, owner: None, reason: None, tags: BTreeMap::new(), deployment: None }
    }

    /// Parses a request from JSON. Returns all problems at once.
    pub fn parse(account_id: AccountId, body: &Value) -> Result<Self, Vec<Problem>> {
        let Value::Object(map) = body else {
            let detail = format!("must be a JSON object, not {}", json_type(body));
            return Err(vec![Problem::at(&[], detail)]);
        };
        let mut fields = ObjectReader::new(map);
        let owner = fields.optional("owner", owner);
        let reason = fields.optional("reason", reason);
        let tags = tags(&mut fields);
        let deployment = fields.optional("deployment", deployment);
        let problems = fields.finish();
        if problems.is_empty() { Ok(Self { account_id, owner, reason, tags, deployment }) } else { Err(problems) }
    }
}

fn deployment(text: &str) -> Result<String, String> {
    if (1..=256).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err("must have 1 to 256 characters: the value of the tag account-vending:deployment of the account".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: &Value) -> Result<AdoptionRequest, Vec<Problem>> {
        AdoptionRequest::parse("111122223333".parse().unwrap(), body)
    }

    #[test]
    fn owner_and_tags_are_optional() {
        let body = json!({ "owner": "Jo@example.com", "tags": { "CostCenter": "7" } });
        let request = parse(&body).unwrap();
        assert_eq!(request.account_id.as_str(), "111122223333");
        assert_eq!(request.owner.unwrap().as_str(), "jo@example.com");
        assert_eq!(request.tags["CostCenter"], "7");
    }

    #[test]
    fn all_problems_are_reported() {
        let body = json!({ "accountName": "x", "tags": { "account-vending:key": "x" } });
        let problems = parse(&body).unwrap_err();
        let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/tags/account-vending:key", "/accountName"]);
        assert_eq!(parse(&json!([])).unwrap_err()[0].pointer, "");
    }
}
