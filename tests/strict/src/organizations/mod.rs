//! Organizations as AWS has it, where moto is laxer: creation takes time, emails are unique, moves are checked, and
//! new accounts are not visible everywhere at once.

mod access_role;
mod create;
mod creations;
mod listing;
mod moving;
mod plan;
mod settings;
mod visibility;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use hyper::body::Bytes;
use hyper::http::request::Parts;
use serde_json::Value;

use crate::clock::Clock;
use crate::emulators::Upstreams;
use crate::events::Announcer;
use crate::faults::AwsError;
use crate::identity::Caller;
use crate::proxy::lock;
use crate::wire::{Answer, AwsRequest, answer};
use creations::Creations;
pub use plan::{CreationPlan, Outcome};
pub use settings::{Limits, Settings};
use visibility::Newcomers;
pub use visibility::Visibility;

pub(crate) struct Organization {
    clock: Clock,
    upstreams: Arc<Upstreams>,
    announcer: Arc<Announcer>,
    /// Lower-cased emails of the organization's accounts; empty until first needed.
    /// Held from looking an email up until its account is created, so that of ten at once one succeeds.
    emails: tokio::sync::Mutex<HashSet<String>>,
    creations: Mutex<Creations>,
    newcomers: Mutex<Newcomers>,
}

impl Organization {
    pub(crate) fn new(clock: Clock, upstreams: Arc<Upstreams>, announcer: Arc<Announcer>) -> Self {
        Self {
            clock,
            upstreams,
            announcer,
            emails: tokio::sync::Mutex::default(),
            creations: Mutex::default(),
            newcomers: Mutex::default(),
        }
    }

    /// Answers a call to Organizations by the management account.
    pub(crate) async fn answer(&self, request: &AwsRequest, parts: Parts, body: Bytes) -> Answer {
        let forward = self.upstreams.forward("organizations", parts, body);
        match request.operation.as_str() {
            "CreateAccount" => self.create_account(request, forward).await,
            "DescribeCreateAccountStatus" => self.describe_creation(request, forward).await,
            "ListCreateAccountStatus" => self.list_creations(request).await,
            "ListAccounts" => self.list_accounts(forward.await),
            "MoveAccount" => moving::move_account(&self.upstreams, request, forward).await,
            _ => forward.await,
        }
    }

    /// The error of a call that comes too early in the life of an account.
    pub(crate) fn too_early(&self, request: &AwsRequest, caller: &Caller) -> Option<AwsError> {
        lock(&self.newcomers).too_early(request, caller, self.clock.now())
    }

    /// A role can be assumed only some time after it was made.
    pub(crate) fn learn(&self, request: &AwsRequest, caller: &Caller, answer: &Answer) {
        if request.operation == "CreateRole"
            && answer.status().is_success()
            && let Some(name) = request.text("RoleName")
        {
            lock(&self.newcomers).add_role(&caller.account, name, self.clock.now());
        }
    }

    /// The ids that a `CreateAccount` gave out: of the creation, and of the account that its caller doesn't know yet.
    pub(crate) fn made_by(&self, created: &Answer) -> Vec<String> {
        let body: Value = serde_json::from_slice(created.body()).unwrap_or_default();
        let creation = body["CreateAccountStatus"]["Id"].as_str().map(str::to_owned);
        let account = creation.as_deref().and_then(|id| lock(&self.creations).account(id));
        creation.into_iter().chain(account).collect()
    }

    pub(crate) fn set(&self, settings: &Settings) -> Settings {
        lock(&self.creations).settings.set(settings)
    }

    pub(crate) fn limits(&self) -> Limits {
        lock(&self.creations).limits
    }

    pub(crate) fn set_limits(&self, limits: Limits) {
        lock(&self.creations).limits = limits;
    }

    pub(crate) fn visibility(&self) -> Visibility {
        lock(&self.newcomers).settings.clone()
    }

    pub(crate) fn set_visibility(&self, visibility: Visibility) {
        lock(&self.newcomers).settings = visibility;
    }

    pub(crate) fn plan(&self, plan: CreationPlan) -> u64 {
        lock(&self.creations).plans.add(plan)
    }

    /// Answers how many creations would still have gone as planned.
    pub(crate) fn remove_plan(&self, id: u64) -> Option<u32> {
        lock(&self.creations).plans.remove(id)
    }
}

fn refusal(request: &AwsRequest, code: &str, message: &str) -> Answer {
    answer::error(request, &AwsError::new(400, code, message))
}
