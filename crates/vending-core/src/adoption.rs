//! What an operator says of an account that is to be adopted; the rest is read from AWS.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use crate::fields::{Fields, kind};
use crate::id::{AccountId, EmailAddress};
use crate::request::{MAXIMUM_REASON, MAXIMUM_TAGS, Problem, email, reason, tags};
use crate::schema;

#[derive(Clone, Debug, Eq, PartialEq, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdoptionRequest {
    /// An account of the organization that this product did not create.
    pub account_id: AccountId,
    /// The email of whoever answers for the account.
    #[schemars(default)]
    pub owner: Option<EmailAddress>,
    /// Why the account is adopted, up to 500 characters; kept in the record.
    #[schemars(default, length(max = MAXIMUM_REASON))]
    pub reason: Option<String>,
    /// Tags of the account, at most 40.
    #[schemars(default, extend(
        "maxProperties" = MAXIMUM_TAGS,
        "propertyNames" = schema::tag_key(),
        "additionalProperties" = schema::tag_value()
    ))]
    pub tags: BTreeMap<String, String>,
}

impl AdoptionRequest {
    /// Of an account that an event named, and nothing else of it.
    pub fn of(account_id: AccountId) -> Self {
        Self { account_id, owner: None, reason: None, tags: BTreeMap::new() }
    }

    /// Reads it from JSON, or answers everything that is wrong with it.
    pub fn parse(body: &Value) -> Result<Self, Vec<Problem>> {
        let Value::Object(map) = body else {
            let detail = format!("must be a JSON object, not {}", kind(body));
            return Err(vec![Problem::at(&[], detail)]);
        };
        let mut fields = Fields::new(map);
        let account_id = fields.required("accountId", account_id);
        let owner = fields.optional("owner", email);
        let reason = fields.optional("reason", reason);
        let tags = tags(&mut fields);
        let problems = fields.finish();
        match account_id {
            Some(account_id) if problems.is_empty() => Ok(Self { account_id, owner, reason, tags }),
            _ => Err(problems),
        }
    }
}

fn account_id(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|_| "must be the 12 digits of an account id, as a text".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operator_names_the_account_and_may_say_more() {
        let body = json!({ "accountId": "111122223333", "owner": "Jo@example.com", "tags": { "CostCenter": "7" } });
        let request = AdoptionRequest::parse(&body).unwrap();
        assert_eq!(request.account_id.as_str(), "111122223333");
        assert_eq!(request.owner.unwrap().as_str(), "jo@example.com");
        assert_eq!(request.tags["CostCenter"], "7");
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let body =
            json!({ "accountId": 111_122_223_333_u64, "accountName": "x", "tags": { "account-vending:key": "x" } });
        let problems = AdoptionRequest::parse(&body).unwrap_err();
        let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/accountId", "/tags/account-vending:key", "/accountName"]);
        assert_eq!(AdoptionRequest::parse(&json!({ "accountId": "1" })).unwrap_err().len(), 1);
        assert_eq!(AdoptionRequest::parse(&json!([])).unwrap_err()[0].pointer, "");
    }
}
