//! Whether an action is allowed by all the policies that have a say.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::documents::{Opinion, Question, opinion_of_all};

/// What IAM says of one action of a call.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// `organizations:MoveAccount`
    pub action: String,
    /// `*` of an action that is on no resource of its own.
    pub resource: String,
    pub allowed: bool,
    /// Why not, in AWS's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The policies that an action has to get past.
#[derive(Debug, Default)]
pub(super) struct Policies {
    /// Of the role.
    pub(super) identity: Vec<Value>,
    pub(super) session: Option<Value>,
    /// By level; none for the management account.
    pub(super) scps: Vec<Vec<Value>>,
    /// The part of the target's trust that is about the caller, where an action needs one.
    pub(super) trust: Option<Value>,
}

impl Policies {
    /// `Err` says why not.
    pub(super) fn allow(&self, question: Question<'_>) -> Result<(), String> {
        for level in self.scps.iter().filter(|level| !level.is_empty()) {
            check(level, question, "a service control policy", "service control policy")?;
        }
        check(&self.identity, question, "an identity-based policy", "identity-based policy")?;
        if let Some(session) = &self.session {
            check(std::slice::from_ref(session), question, "a session policy", "session policy")?;
        }
        if let Some(trust) = &self.trust {
            check(std::slice::from_ref(trust), question, "a resource-based policy", "resource-based policy")?;
        }
        Ok(())
    }
}

fn check(documents: &[Value], question: Question<'_>, one: &str, kind: &str) -> Result<(), String> {
    match opinion_of_all(documents, question) {
        Ok(Opinion::Allows) => Ok(()),
        Ok(Opinion::Denies) => Err(format!("with an explicit deny in {one}")),
        Ok(Opinion::SaysNothing) => Err(format!("because no {kind} allows the {} action", question.action)),
        Err(error) => Err(format!("because {one} cannot be understood: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::identity::context::Keys;

    fn statement(effect: &str, action: &str) -> Value {
        json!({"Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})
    }

    fn asked(policies: &Policies) -> Result<(), String> {
        policies.allow(Question { action: "iam:CreateRole", resource: None, keys: &Keys::new() })
    }

    #[test]
    fn the_role_has_to_allow_the_action() {
        let allowing = Policies { identity: vec![statement("Allow", "iam:*")], ..Policies::default() };
        assert_eq!(asked(&allowing), Ok(()));
        let silent = Policies { identity: vec![statement("Allow", "s3:*")], ..Policies::default() };
        let reason = "because no identity-based policy allows the iam:CreateRole action";
        assert_eq!(asked(&silent), Err(reason.to_owned()));
    }

    #[test]
    fn a_session_is_no_wider_than_its_policy() {
        let identity = vec![statement("Allow", "*")];
        let session = Some(statement("Allow", "iam:GetRole"));
        let reason = "because no session policy allows the iam:CreateRole action";
        assert_eq!(asked(&Policies { identity, session, ..Policies::default() }), Err(reason.to_owned()));
        let session = Some(statement("Allow", "*"));
        assert!(asked(&Policies { session, ..Policies::default() }).is_err(), "a session policy gives nothing");
    }

    #[test]
    fn every_level_of_service_control_policies_has_to_allow() {
        let with = |scps| asked(&Policies { identity: vec![statement("Allow", "*")], scps, ..Policies::default() });
        let full = || vec![statement("Allow", "*")];
        assert_eq!(with(vec![full(), full()]), Ok(()));
        let denying = vec![statement("Allow", "*"), statement("Deny", "iam:*")];
        let reason = "with an explicit deny in a service control policy";
        assert_eq!(with(vec![full(), denying]), Err(reason.to_owned()));
        let reason = "because no service control policy allows the iam:CreateRole action";
        assert_eq!(with(vec![full(), vec![statement("Allow", "s3:*")]]), Err(reason.to_owned()));
    }

    #[test]
    fn a_trust_that_is_about_others_allows_nothing() {
        let identity = vec![statement("Allow", "*")];
        let trust = Some(json!({"Statement": []}));
        assert!(asked(&Policies { identity, trust, ..Policies::default() }).is_err());
    }
}
