//! Identifies callers and evaluates IAM. The emulators check IAM only in part or not at all.

mod access;
mod actions;
mod arns;
mod authorize;
mod caller;
mod context;
pub(crate) mod denial;
mod functions;
mod policy_cache;
mod principals;
mod scps;
mod usage;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use local_cloud::strict::RoleUsage;

pub(crate) use caller::Caller;
use caller::Session;
use functions::Functions;
use policy_cache::PolicyCache;
use usage::Usage;

use crate::emulators::{Emulator, Upstreams};
use crate::sync::lock;
use crate::wire::{AwsRequest, AwsResponse, element};

pub(crate) struct Identity {
    management_account: String,
    evaluates: AtomicBool,
    /// Sessions by access key, from the responses of STS.
    sessions: Mutex<HashMap<String, Session>>,
    functions: Functions,
    policy_cache: PolicyCache,
    usage: Usage,
}

impl Identity {
    pub(crate) fn new(upstreams: Arc<Upstreams>, management_account: String, evaluates: bool) -> Self {
        Self {
            management_account,
            evaluates: AtomicBool::new(evaluates),
            sessions: Mutex::default(),
            functions: Functions::new(Arc::clone(&upstreams)),
            policy_cache: PolicyCache::new(upstreams),
            usage: Usage::default(),
        }
    }

    pub(crate) fn evaluates(&self) -> bool {
        self.evaluates.load(Ordering::Relaxed)
    }

    /// Also clears the policy cache.
    pub(crate) fn set(&self, evaluates: bool) {
        self.evaluates.store(evaluates, Ordering::Relaxed);
        self.policy_cache.clear();
    }

    pub(crate) fn functions_have_keys(&self) -> bool {
        self.functions.have_keys()
    }

    pub(crate) async fn caller(&self, request: &AwsRequest) -> Caller {
        let root = Caller::root(&self.management_account);
        let Some(key) = request.access_key_id.as_deref() else {
            return root;
        };
        let known_session = lock(&self.sessions).get(key).cloned();
        let session = match known_session {
            Some(session) => Some(session),
            None => self.functions.session_of(key).await,
        };
        match session {
            Some(session) => Caller::from_session(session),
            None if key == "test" => root,
            None if is_account_id(key) => Caller::root(key),
            None => Caller { is_known: false, ..root },
        }
    }

    /// Records a new session, or clears cached policies that the call may have changed.
    pub(crate) fn record_effects(&self, request: &AwsRequest, caller: &Caller, response: &AwsResponse) {
        let reads = ["Describe", "Get", "List"].iter().any(|verb| request.operation.starts_with(verb));
        match (request.service.as_str(), request.operation.as_str()) {
            ("iam", _) if !reads => self.policy_cache.clear_account(&caller.account),
            (
                "organizations",
                "MoveAccount" | "RemoveAccountFromOrganization" | "LeaveOrganization" | "AcceptHandshake",
            ) => self.policy_cache.clear_organization(),
            ("organizations", operation) if !reads && operation.contains("Polic") => {
                self.policy_cache.clear_organization();
            }
            _ => {}
        }
        if request.operation.starts_with("AssumeRole")
            && response.status().is_success()
            && let Some(session) = assumed(request, caller)
            && let Some(key) = element(response.body(), "AccessKeyId")
        {
            lock(&self.sessions).insert(key, session);
        }
    }

    /// Returns the allowed and used actions of each role.
    pub(crate) fn usage(&self) -> Vec<RoleUsage> {
        self.usage.roles()
    }

    pub(crate) fn clear_usage(&self) {
        self.usage.clear();
    }
}

/// The platform accepts an account ID as the access key of the account's root, so the proxy does, too.
fn is_account_id(key: &str) -> bool {
    key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit())
}

fn assumed(request: &AwsRequest, caller: &Caller) -> Option<Session> {
    let role_arn = request.string("RoleArn")?.to_owned();
    let name = request.string("RoleSessionName")?.to_owned();
    let policy = request.string("Policy").map(str::to_owned);
    Some(Session { role_arn, name, policy, emulator: Emulator::Aws, function: caller.function.clone() })
}
