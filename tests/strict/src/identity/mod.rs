//! Who calls, and whether IAM lets them: the emulators ask either not at all or not about everything.

mod access;
mod actions;
mod arns;
mod authorize;
mod caller;
mod context;
pub(crate) mod denial;
mod documents;
mod functions;
mod library;
mod principals;
mod scps;
mod usage;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

pub use access::Decision;
pub(crate) use caller::Caller;
use caller::Session;
pub use functions::FunctionCredentials;
use functions::Functions;
use library::Library;
pub use usage::RoleUsage;
use usage::Usage;

use crate::emulators::{Emulator, Upstreams};
use crate::proxy::lock;
use crate::wire::{Answer, AwsRequest, element};

pub(crate) struct Identity {
    management_account: String,
    evaluates: AtomicBool,
    /// By access key, learnt from the answers of STS.
    sessions: Mutex<HashMap<String, Session>>,
    functions: Functions,
    library: Library,
    usage: Usage,
}

impl Identity {
    pub(crate) fn new(upstreams: Arc<Upstreams>, management_account: String, evaluates: bool) -> Self {
        Self {
            management_account,
            evaluates: AtomicBool::new(evaluates),
            sessions: Mutex::default(),
            functions: Functions::new(Arc::clone(&upstreams)),
            library: Library::new(upstreams),
            usage: Usage::default(),
        }
    }

    pub(crate) fn evaluates(&self) -> bool {
        self.evaluates.load(Ordering::Relaxed)
    }

    /// Also forgets the policies that were read, so that a test that changed one can say so.
    pub(crate) fn set(&self, evaluates: bool) {
        self.evaluates.store(evaluates, Ordering::Relaxed);
        self.library.forget();
    }

    pub(crate) async fn caller(&self, request: &AwsRequest) -> Caller {
        let root = Caller::root(&self.management_account);
        let Some(key) = request.access_key_id.as_deref() else {
            return root;
        };
        let learnt = lock(&self.sessions).get(key).cloned();
        let session = match learnt {
            Some(session) => Some(session),
            None => self.functions.session_of(key).await,
        };
        match session {
            Some(session) => Caller::of(session),
            None if key == "test" => root,
            None if is_account_id(key) => Caller::root(key),
            None => Caller { is_known: false, ..root },
        }
    }

    /// What an answer tells of identities: a new session, or that a policy may have changed.
    pub(crate) fn learn(&self, request: &AwsRequest, caller: &Caller, answer: &Answer) {
        let reads = ["Describe", "Get", "List"].iter().any(|verb| request.operation.starts_with(verb));
        match (request.service.as_str(), request.operation.as_str()) {
            ("iam", _) if !reads => self.library.forget_account(&caller.account),
            ("organizations", "MoveAccount") => self.library.forget_organization(),
            ("organizations", operation) if !reads && operation.contains("Polic") => self.library.forget_organization(),
            _ => {}
        }
        if request.operation.starts_with("AssumeRole")
            && answer.status().is_success()
            && let Some(session) = assumed(request, caller)
            && let Some(key) = element(answer.body(), "AccessKeyId")
        {
            lock(&self.sessions).insert(key, session);
        }
    }

    /// Which actions each role that called may use, and which of them it did.
    pub(crate) fn usage(&self) -> Vec<RoleUsage> {
        self.usage.roles()
    }

    pub(crate) fn forget_usage(&self) {
        self.usage.forget();
    }
}

/// The platform takes an account's id for the access key of its root; so does the proxy.
fn is_account_id(key: &str) -> bool {
    key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit())
}

fn assumed(request: &AwsRequest, caller: &Caller) -> Option<Session> {
    let role_arn = request.text("RoleArn")?.to_owned();
    let name = request.text("RoleSessionName")?.to_owned();
    let policy = request.text("Policy").map(str::to_owned);
    Some(Session { role_arn, name, policy, home: Emulator::Aws, function: caller.function.clone() })
}
