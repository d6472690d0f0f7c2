//! The request to hand an account over to another requester.

use schemars::JsonSchema;
use serde_json::Value;

use crate::arn::Arn;
use crate::id::AccountId;
use crate::object_reader::{ObjectReader, json_type};
use crate::problem::Problem;
use crate::requester::{ASSUMED_ROLE, assumed_role, principal, stack_id};

/// A request to hand an account over to another requester.
#[derive(Clone, Debug, Eq, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HandOverRequest {
    /// The ARN of an IAM user or role, or the ID of a CloudFormation stack, that may change the account from now on.
    #[schemars(length(min = 20, max = 2048))]
    pub requester: String,
}

impl HandOverRequest {
    /// Parses a request from JSON. Returns all problems at once.
    pub fn parse(body: &Value) -> Result<Self, Vec<Problem>> {
        let Value::Object(map) = body else {
            let detail = format!("must be a JSON object, not {}", json_type(body));
            return Err(vec![Problem::at(&[], detail)]);
        };
        let mut fields = ObjectReader::new(map);
        let requester = fields.required("requester", requester);
        let problems = fields.finish();
        match requester {
            Some(requester) if problems.is_empty() => Ok(Self { requester }),
            _ => Err(problems),
        }
    }
}

/// The principal as it is recorded: the ARN of a user, of the sessions of a role, or of a stack.
fn requester(text: &str) -> Result<String, String> {
    let expected = || {
        "must be the ARN of an IAM user or role, or the ID of a CloudFormation stack, for example arn:aws:iam::111122223333:role/Platform".to_owned()
    };
    let is_exact = |arn: &Arn<'_>| arn.account.parse::<AccountId>().is_ok() && !text.contains('*');
    let arn = Arn::parse(text).filter(is_exact).ok_or_else(expected)?;
    match arn.service {
        "iam" if arn.resource.starts_with("user/") => Ok(text.to_owned()),
        "iam" => assumed_role(&arn).ok_or_else(expected),
        "sts" if text.contains(ASSUMED_ROLE) => Ok(principal(text).to_owned()),
        _ => stack_id(text).map(str::to_owned).ok_or_else(expected),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requester_is_recorded_like_a_caller() {
        let stack = "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/0a1b2c3d";
        for (given, recorded) in [
            ("arn:aws:iam::111111111111:user/jane", "arn:aws:iam::111111111111:user/jane"),
            ("arn:aws:iam::111111111111:role/team/Platform", "arn:aws:sts::111111111111:assumed-role/Platform"),
            ("arn:aws:sts::111111111111:assumed-role/Platform/jane", "arn:aws:sts::111111111111:assumed-role/Platform"),
            (stack, stack),
        ] {
            assert_eq!(HandOverRequest::parse(&json!({ "requester": given })).unwrap().requester, recorded);
        }
    }

    #[test]
    fn other_requester_is_rejected() {
        for given in [
            "jane",
            "*",
            "arn:aws:iam::111111111111:role/*",
            "arn:aws:iam::11:user/jane",
            "arn:aws:iam::111111111111:group/team",
            "arn:aws:s3:::111111111111",
            "arn:aws:sts::111111111111:federated-user/jane",
        ] {
            let problems = HandOverRequest::parse(&json!({ "requester": given })).unwrap_err();
            assert_eq!(problems[0].pointer, "/requester", "{given}");
        }
        assert_eq!(HandOverRequest::parse(&json!({ "requestedBy": "x" })).unwrap_err().len(), 2);
        assert_eq!(HandOverRequest::parse(&json!([])).unwrap_err()[0].pointer, "");
    }
}
