//! Authorizes a call.

use iam_evaluation::{ActionRequest, Keys};
use local_cloud::strict::Decision;
use serde_json::Value;

use super::access::Policies;
use super::actions::{AuthorizationContext, RequiredAction};
use super::arns::{account_id, role_name};
use super::caller::{Caller, Session};
use super::context::keys;
use super::{Identity, denial, principals, scps};
use crate::emulators::Emulator;
use crate::wire::{AwsError, AwsRequest};

/// The result of the authorization of a call.
#[derive(Debug, Default)]
pub(crate) struct Authorization {
    /// The decisions in order, up to the first denial.
    pub(crate) decisions: Vec<Decision>,
    pub(crate) error: Option<AwsError>,
}

impl Identity {
    /// Allows every call while policies are not evaluated, and every call of an account root.
    pub(crate) async fn authorize(&self, request: &AwsRequest, caller: &Caller) -> Authorization {
        if !self.evaluates() {
            return Authorization::default();
        }
        if !caller.is_known {
            return Authorization { error: Some(denial::for_unknown_key(request)), ..Authorization::default() };
        }
        match &caller.session {
            Some(session) => self.evaluate(request, caller, session).await,
            None => Authorization::default(),
        }
    }

    /// Returns the first action of a call, and its resource.
    pub(crate) async fn first_required_action(&self, request: &AwsRequest, caller: &Caller) -> (String, String) {
        let organization = self.policy_cache.organization().await;
        let first = self.required_actions(request, caller, &organization).await.into_iter().next().unwrap_or_default();
        (first.action, first.resource.unwrap_or_else(|| "*".to_owned()))
    }

    async fn evaluate(&self, request: &AwsRequest, caller: &Caller, session: &Session) -> Authorization {
        let organization = self.policy_cache.organization().await;
        let keys = keys(request, caller, &organization);
        let mut policies = self.policies_of(caller, session).await;
        self.usage.record_allowed(&session.role_arn, &policies.identity);
        let mut authorization = Authorization::default();
        for required in self.required_actions(request, caller, &organization).await {
            policies.trust = self.trust(&required, caller).await;
            let decision = decide(&policies, &required, &keys);
            if decision.allowed {
                self.usage.record_used(&session.role_arn, &decision.action);
            } else {
                authorization.error = Some(denial::for_decision(request, caller, &decision));
            }
            authorization.decisions.push(decision);
            if authorization.error.is_some() {
                break;
            }
        }
        authorization
    }

    async fn required_actions(&self, request: &AwsRequest, caller: &Caller, organization: &str) -> Vec<RequiredAction> {
        let (management_account, policy_cache) = (self.management_account.as_str(), &self.policy_cache);
        AuthorizationContext { request, caller, management_account, organization, policy_cache }
            .required_actions()
            .await
    }

    async fn policies_of(&self, caller: &Caller, session: &Session) -> Policies {
        let identity = self.policy_cache.policies(session).await;
        let session_policy = session.policy.as_deref().map(|policy| serde_json::from_str(policy).unwrap_or_default());
        let scps = if caller.account == self.management_account {
            Vec::new()
        } else {
            scps::levels(&self.policy_cache, &caller.account).await
        };
        Policies { identity, session: session_policy, scps, trust: None }
    }

    /// Returns the statements of the trust policy that apply to the caller; none if the role does not exist.
    async fn trust(&self, required: &RequiredAction, caller: &Caller) -> Option<Value> {
        if !required.action.starts_with("sts:") {
            return None;
        }
        let arn = required.resource.as_deref().unwrap_or_default();
        let role = self.policy_cache.role(Emulator::Aws, account_id(arn), role_name(arn)).await;
        let trust = role.filter(|role| role.arn == arn).map(|role| role.trust).unwrap_or_default();
        Some(principals::matching(&trust, caller))
    }
}

fn decide(policies: &Policies, required: &RequiredAction, keys: &Keys) -> Decision {
    let mut keys = keys.clone();
    keys.extend(required.keys.clone());
    let request = ActionRequest { action: &required.action, resource: required.resource.as_deref(), keys: &keys };
    let reason = policies.allow(request).err();
    let resource = required.resource.clone().unwrap_or_else(|| "*".to_owned());
    Decision { action: required.action.clone(), resource, allowed: reason.is_none(), reason }
}
