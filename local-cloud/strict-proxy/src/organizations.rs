//! AWS Organizations checks that moto lacks: creations and closures take time, emails are unique, moves and tags are
//! checked, accounts leave and return, and new accounts become visible gradually. `govern` has the operations on the
//! organization itself, its OUs, policies, trusted services, and delegated administrators.

mod access_role;
mod accounts;
mod administrators;
mod all_features;
mod closing;
mod closures;
mod controls;
mod create;
mod creations;
mod effective;
mod emails;
mod enabling;
mod entities;
mod errors;
mod existence;
mod govern;
mod governance;
mod handshakes;
mod listing;
mod membership;
mod moving;
mod pages;
mod plan;
mod policies;
mod policy_types;
mod root_access;
mod settings;
mod snapshot;
mod state;
mod tag_policies;
mod tags;
mod trusted_access;
mod unavailable;
mod units;
mod visibility;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use hyper::body::Bytes;
use hyper::header::CONTENT_LENGTH;
use hyper::http::request::Parts;
use local_cloud::strict::Delays;
use serde_json::Value;

use crate::clock::Clock;
use crate::emulators::Upstreams;
use crate::events::EventPublisher;
use crate::identity::Caller;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};
pub(crate) use accounts::Accounts;
use closures::Closing;
use creations::Creations;
use governance::Governance;
use handshakes::Handshakes;
use pages::EmptyPages;
use tag_policies::TagPolicies;
use visibility::NewAccounts;

pub(crate) struct Organization {
    clock: Clock,
    upstreams: Arc<Upstreams>,
    publisher: Arc<EventPublisher>,
    management_account: String,
    accounts: Arc<Accounts>,
    /// The emails of the accounts, in lower case; empty until first needed. Locked from the check of an email until its
    /// account is created, so that one of several concurrent creations succeeds.
    emails: tokio::sync::Mutex<HashSet<String>>,
    creations: Mutex<Creations>,
    new_accounts: Mutex<NewAccounts>,
    closing: Mutex<Closing>,
    handshakes: Mutex<Handshakes>,
    governance: Mutex<Governance>,
    /// Locked from the checks of a change until it is made, so that one of several concurrent changes succeeds.
    changes: tokio::sync::Mutex<()>,
    delays: Arc<Mutex<Delays>>,
    tag_policies: Mutex<TagPolicies>,
    empty_pages: EmptyPages,
}

impl Organization {
    pub(crate) fn new(
        clock: Clock,
        upstreams: Arc<Upstreams>,
        publisher: Arc<EventPublisher>,
        accounts: Arc<Accounts>,
        delays: Arc<Mutex<Delays>>,
        management_account: &str,
        seed: u64,
    ) -> Self {
        Self {
            clock,
            upstreams,
            publisher,
            management_account: management_account.to_owned(),
            accounts,
            emails: tokio::sync::Mutex::default(),
            creations: Mutex::default(),
            new_accounts: Mutex::default(),
            closing: Mutex::default(),
            handshakes: Mutex::default(),
            governance: Mutex::default(),
            changes: tokio::sync::Mutex::default(),
            delays,
            tag_policies: Mutex::default(),
            empty_pages: EmptyPages::new(seed),
        }
    }

    /// Handles a call by the management account.
    pub(crate) async fn handle(&self, request: &AwsRequest, mut parts: Parts, body: Bytes) -> AwsResponse {
        if let Some(rejected) = self.absence_error(request).await {
            return rejected;
        }
        if let Err(error) = self.check_tags(request).await {
            return response::error(request, &error);
        }
        if !request.operation.starts_with("List") {
            return self.handle_without_empty_pages(request, parts, body).await;
        }
        if let Some((request, body)) = pages::strip_empty_token(request, &body) {
            // The body is shorter than that of the caller. moto does not check the signature.
            parts.headers.remove(CONTENT_LENGTH);
            return self.handle_without_empty_pages(&request, parts, body).await;
        }
        self.empty_pages.empty_by_chance(request, self.handle_without_empty_pages(request, parts, body).await)
    }

    async fn handle_without_empty_pages(&self, request: &AwsRequest, parts: Parts, body: Bytes) -> AwsResponse {
        let forward = self.upstreams.forward("organizations", parts, body);
        match request.operation.as_str() {
            "CreateAccount" => self.create_account(request, forward).await,
            "CloseAccount" => self.close_account(request, forward).await,
            "DescribeAccount" => self.with_visible_accounts(forward.await),
            "DescribeCreateAccountStatus" => self.describe_creation(request, forward).await,
            "InviteAccountToOrganization" => self.invite(request).await,
            "LeaveOrganization" => self.remove_member(request, &self.management_account).await,
            "ListCreateAccountStatus" => self.list_creations(request).await,
            "MoveAccount" => moving::move_account(&self.upstreams, request, forward).await,
            "RemoveAccountFromOrganization" => {
                self.remove_member(request, request.string("AccountId").unwrap_or_default()).await
            }
            operation => {
                let response = self.govern_or(request, forward).await;
                if operation.starts_with("List") { self.with_visible_accounts(response) } else { response }
            }
        }
    }

    /// Handles a call by the management account without the checks on accounts.
    pub(crate) async fn handle_governance(&self, request: &AwsRequest, parts: Parts, body: Bytes) -> AwsResponse {
        let forward = self.upstreams.forward("organizations", parts, body);
        self.govern_or(request, forward).await
    }

    async fn govern_or(&self, request: &AwsRequest, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        match self.govern(request).await {
            Some(outcome) => errors::respond(request, outcome),
            None => forward.await,
        }
    }

    /// Returns the error of a call by or about an account that is too new, closed, or not in the organization.
    pub(crate) fn availability_error(&self, request: &AwsRequest, caller: &Caller) -> Option<AwsError> {
        let propagation_error = lock(&self.new_accounts).propagation_error(request, caller, self.clock.now());
        propagation_error.or_else(|| self.accounts.access_error(request, caller))
    }

    /// Records a new role, which cannot be assumed immediately.
    pub(crate) fn record_effects(&self, request: &AwsRequest, caller: &Caller, response: &AwsResponse) {
        if request.operation == "CreateRole"
            && response.status().is_success()
            && let Some(name) = request.string("RoleName")
        {
            lock(&self.new_accounts).add_role(&caller.account, name, self.clock.now());
        }
    }

    /// Returns the IDs of the creation and the account of a `CreateAccount` response.
    pub(crate) fn created_ids(&self, created: &AwsResponse) -> Vec<String> {
        let body: Value = serde_json::from_slice(created.body()).unwrap_or_default();
        let creation = body["CreateAccountStatus"]["Id"].as_str().map(str::to_owned);
        let account = creation.as_deref().and_then(|id| lock(&self.creations).account(id));
        creation.into_iter().chain(account).collect()
    }
}
