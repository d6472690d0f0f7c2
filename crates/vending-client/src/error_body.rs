//! The bodies of errors: problem documents of the API, and messages of API Gateway.

use serde::Deserialize;
use vending_core::Problem;

/// Both forms at once. API Gateway spells its field in two ways.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ErrorBody {
    detail: Option<String>,
    title: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(default)]
    pub(crate) problems: Vec<Problem>,
}

impl ErrorBody {
    pub(crate) fn read(body: &str) -> Self {
        serde_json::from_str(body).unwrap_or_default()
    }

    /// Whether it is a problem document: the call reached the API.
    pub(crate) fn is_problem(&self) -> bool {
        self.title.is_some() || self.detail.is_some()
    }

    pub(crate) fn message(&self) -> Option<&str> {
        self.detail.as_deref().or(self.message.as_deref()).or(self.title.as_deref())
    }

    /// The caller in `User: arn:… is not authorized to perform: …`.
    pub(crate) fn signed_by(&self) -> Option<String> {
        let (_, rest) = self.message.as_deref()?.split_once("User: ")?;
        rest.split_whitespace().next().filter(|arn| arn.starts_with("arn:")).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateway_names_the_caller() {
        let message = "User: arn:aws:sts::111111111111:assumed-role/Developer/jo is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********1111:abc/v1/GET/accounts";
        let body = ErrorBody::read(&serde_json::json!({ "Message": message }).to_string());
        assert_eq!(body.signed_by().unwrap(), "arn:aws:sts::111111111111:assumed-role/Developer/jo");
        assert_eq!((body.message(), body.is_problem()), (Some(message), false));
        assert_eq!(ErrorBody::read(r#"{"message":"Missing Authentication Token"}"#).signed_by(), None);
    }

    #[test]
    fn problem_document_has_problems() {
        let body = ErrorBody::read(
            r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"no","problems":[{"pointer":"/owner","detail":"is wrong"}]}"#,
        );
        assert_eq!((body.message(), body.is_problem(), body.problems.len()), (Some("no"), true, 1));
    }

    #[test]
    fn other_body_has_no_message() {
        assert_eq!(ErrorBody::read("<html>Bad Gateway</html>").message(), None);
    }
}
