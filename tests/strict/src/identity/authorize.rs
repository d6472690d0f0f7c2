//! The way of one call past IAM.

use serde_json::Value;

use super::access::{Decision, Policies};
use super::actions::{Ask, Scene};
use super::arns::{account_of, role_name};
use super::caller::{Caller, Session};
use super::context::{Keys, keys};
use super::documents::Question;
use super::{Identity, denial, principals, scps};
use crate::emulators::Emulator;
use crate::faults::AwsError;
use crate::wire::AwsRequest;

/// What IAM says of a call.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// In order, up to the first that is not allowed.
    pub(crate) decisions: Vec<Decision>,
    pub(crate) refusal: Option<AwsError>,
}

impl Identity {
    /// Allows everything while policies are not evaluated. What an account itself does is not evaluated ever.
    pub(crate) async fn authorize(&self, request: &AwsRequest, caller: &Caller) -> Verdict {
        if !self.evaluates() {
            return Verdict::default();
        }
        if !caller.is_known {
            return Verdict { refusal: Some(denial::of_unknown(request)), ..Verdict::default() };
        }
        match &caller.session {
            Some(session) => self.evaluate(request, caller, session).await,
            None => Verdict::default(),
        }
    }

    /// What a call asks of IAM first of all: an action and a resource.
    pub(crate) async fn first_ask(&self, request: &AwsRequest, caller: &Caller) -> (String, String) {
        let organization = self.library.organization().await;
        let first = self.asks(request, caller, &organization).await.into_iter().next().unwrap_or_default();
        (first.action, first.resource.unwrap_or_else(|| "*".to_owned()))
    }

    async fn evaluate(&self, request: &AwsRequest, caller: &Caller, session: &Session) -> Verdict {
        let organization = self.library.organization().await;
        let keys = keys(request, caller, &organization);
        let mut policies = self.policies_of(caller, session).await;
        self.usage.learn(&session.role_arn, &policies.identity);
        let mut verdict = Verdict::default();
        for ask in self.asks(request, caller, &organization).await {
            policies.trust = self.trust(&ask, caller).await;
            let decision = decide(&policies, &ask, &keys);
            if decision.allowed {
                self.usage.used(&session.role_arn, &decision.action);
            } else {
                verdict.refusal = Some(denial::of_decision(request, caller, &decision));
            }
            verdict.decisions.push(decision);
            if verdict.refusal.is_some() {
                break;
            }
        }
        verdict
    }

    async fn asks(&self, request: &AwsRequest, caller: &Caller, organization: &str) -> Vec<Ask> {
        let (management_account, library) = (self.management_account.as_str(), &self.library);
        Scene { request, caller, management_account, organization, library }.asks().await
    }

    async fn policies_of(&self, caller: &Caller, session: &Session) -> Policies {
        let identity = self.library.policies(session).await;
        let narrowed = session.policy.as_deref().map(|policy| serde_json::from_str(policy).unwrap_or_default());
        let scps = if caller.account == self.management_account {
            Vec::new()
        } else {
            scps::levels(&self.library, &caller.account).await
        };
        Policies { identity, session: narrowed, scps, trust: None }
    }

    /// What the role that is to be assumed says of the caller; nothing good, if it doesn't exist.
    async fn trust(&self, ask: &Ask, caller: &Caller) -> Option<Value> {
        if !ask.action.starts_with("sts:") {
            return None;
        }
        let arn = ask.resource.as_deref().unwrap_or_default();
        let role = self.library.role(Emulator::Aws, account_of(arn), role_name(arn)).await;
        let trust = role.filter(|role| role.arn == arn).map(|role| role.trust).unwrap_or_default();
        Some(principals::about(&trust, caller))
    }
}

fn decide(policies: &Policies, ask: &Ask, keys: &Keys) -> Decision {
    let mut keys = keys.clone();
    keys.extend(ask.keys.clone());
    let question = Question { action: &ask.action, resource: ask.resource.as_deref(), keys: &keys };
    let reason = policies.allow(question).err();
    let resource = ask.resource.clone().unwrap_or_else(|| "*".to_owned());
    Decision { action: ask.action.clone(), resource, allowed: reason.is_none(), reason }
}
