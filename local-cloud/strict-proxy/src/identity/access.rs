//! Evaluates whether all policies of a call allow an action.

use iam_evaluation::{ActionRequest, Evaluation, evaluate_all};
use serde_json::Value;

/// The policies that must allow an action.
#[derive(Debug, Default)]
pub(super) struct Policies {
    /// The identity-based policies of the role.
    pub(super) identity: Vec<Value>,
    pub(super) session: Option<Value>,
    /// The SCPs of each level; empty for the management account.
    pub(super) scps: Vec<Vec<Value>>,
    /// The statements of the trust policy that apply to the caller, for an action that needs them.
    pub(super) trust: Option<Value>,
}

impl Policies {
    /// The error is the reason for the denial.
    pub(super) fn allow(&self, request: ActionRequest<'_>) -> Result<(), String> {
        for level in self.scps.iter().filter(|level| !level.is_empty()) {
            check(level, request, "a service control policy", "service control policy")?;
        }
        check(&self.identity, request, "an identity-based policy", "identity-based policy")?;
        if let Some(session) = &self.session {
            check(std::slice::from_ref(session), request, "a session policy", "session policy")?;
        }
        if let Some(trust) = &self.trust {
            check(std::slice::from_ref(trust), request, "a resource-based policy", "resource-based policy")?;
        }
        Ok(())
    }
}

fn check(documents: &[Value], request: ActionRequest<'_>, one: &str, kind: &str) -> Result<(), String> {
    match evaluate_all(documents, request) {
        Ok(Evaluation::Allowed) => Ok(()),
        Ok(Evaluation::ExplicitDeny) => Err(format!("with an explicit deny in {one}")),
        Ok(Evaluation::ImplicitDeny) => Err(format!("because no {kind} allows the {} action", request.action)),
        Err(error) => Err(format!("because {one} is not valid: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use iam_evaluation::Keys;
    use serde_json::json;

    use super::*;

    fn statement(effect: &str, action: &str) -> Value {
        json!({"Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})
    }

    fn evaluate(policies: &Policies) -> Result<(), String> {
        policies.allow(ActionRequest { action: "iam:CreateRole", resource: None, keys: &Keys::new() })
    }

    #[test]
    fn role_policies_must_allow_the_action() {
        let allowing = Policies { identity: vec![statement("Allow", "iam:*")], ..Policies::default() };
        assert_eq!(evaluate(&allowing), Ok(()));
        let other = Policies { identity: vec![statement("Allow", "s3:*")], ..Policies::default() };
        let reason = "because no identity-based policy allows the iam:CreateRole action";
        assert_eq!(evaluate(&other), Err(reason.to_owned()));
    }

    #[test]
    fn session_policy_limits_the_role() {
        let identity = vec![statement("Allow", "*")];
        let session = Some(statement("Allow", "iam:GetRole"));
        let reason = "because no session policy allows the iam:CreateRole action";
        assert_eq!(evaluate(&Policies { identity, session, ..Policies::default() }), Err(reason.to_owned()));
        let session = Some(statement("Allow", "*"));
        assert!(evaluate(&Policies { session, ..Policies::default() }).is_err(), "a session policy grants nothing");
    }

    #[test]
    fn every_scp_level_must_allow_the_action() {
        let with = |scps| evaluate(&Policies { identity: vec![statement("Allow", "*")], scps, ..Policies::default() });
        let full = || vec![statement("Allow", "*")];
        assert_eq!(with(vec![full(), full()]), Ok(()));
        let denying = vec![statement("Allow", "*"), statement("Deny", "iam:*")];
        let reason = "with an explicit deny in a service control policy";
        assert_eq!(with(vec![full(), denying]), Err(reason.to_owned()));
        let reason = "because no service control policy allows the iam:CreateRole action";
        assert_eq!(with(vec![full(), vec![statement("Allow", "s3:*")]]), Err(reason.to_owned()));
    }

    #[test]
    fn trust_policy_for_others_allows_nothing() {
        let identity = vec![statement("Allow", "*")];
        let trust = Some(json!({"Statement": []}));
        assert!(evaluate(&Policies { identity, trust, ..Policies::default() }).is_err());
    }
}
