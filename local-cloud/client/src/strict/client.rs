//! The client of the control API.

use std::collections::BTreeMap;

use http::{Method, Request, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::{JoinError, spawn_blocking};

use super::accounts::{AccountState, TagPolicy};
use super::creations::CreationPlan;
use super::faults::{Rule, RuleStatus};
use super::organization::OrganizationSnapshot;
use super::records::{Call, Delivered, RoleUsage};
use super::settings::{
    Assignments, Closures, Delays, Delivery, IdentityCenterInstance, Limits, Pages, Settings, Throttling, Visibility,
};
use crate::http_client::{HttpClient, HttpError};

/// Configures a running proxy and reads what it recorded.
#[derive(Clone, Debug)]
pub struct StrictClient {
    /// The URL of the proxy, such as `http://127.0.0.1:4600`.
    pub endpoint: String,
}

#[derive(Debug, thiserror::Error)]
pub enum StrictError {
    #[error("could not connect to the strict proxy")]
    Unreachable(#[from] HttpError),
    #[error("the call of the strict proxy was interrupted")]
    Interrupted(#[from] JoinError),
    #[error("the strict proxy rejected the call with {status}: {message}")]
    Rejected { status: StatusCode, message: String },
    #[error("could not parse the response of the strict proxy")]
    Unreadable(#[from] serde_json::Error),
}

impl StrictClient {
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into() }
    }

    pub async fn health(&self) -> Result<(), StrictError> {
        self.call(Method::GET, "health", &()).await.map(drop)
    }

    /// Adds a rule and returns its ID, which is recorded with each call that the rule affects.
    pub async fn add_rule(&self, rule: &Rule) -> Result<u64, StrictError> {
        self.field(Method::POST, "rules", rule, "id").await
    }

    /// Removes a rule and returns how many times it had left: 0 if all its faults have happened.
    pub async fn remove_rule(&self, id: u64) -> Result<u32, StrictError> {
        self.field(Method::DELETE, &format!("rules/{id}"), &(), "remaining").await
    }

    pub async fn rules(&self) -> Result<Vec<RuleStatus>, StrictError> {
        self.field(Method::GET, "rules", &(), "rules").await
    }

    /// Returns the sequence number of the last call.
    pub async fn last_sequence(&self) -> Result<u64, StrictError> {
        self.field(Method::GET, "calls/last", &(), "sequence").await
    }

    /// Returns the calls after a sequence number; 0 returns all.
    pub async fn calls_since(&self, sequence: u64) -> Result<Vec<Call>, StrictError> {
        self.field(Method::GET, &format!("calls?since={sequence}"), &(), "calls").await
    }

    /// Deletes the recorded calls. The sequence numbers continue.
    pub async fn clear_calls(&self) -> Result<(), StrictError> {
        self.call(Method::DELETE, "calls", &()).await.map(drop)
    }

    /// Changes the given settings and returns all of them.
    pub async fn set_settings(&self, settings: &Settings) -> Result<Settings, StrictError> {
        Ok(serde_json::from_value(self.call(Method::POST, "settings", settings).await?)?)
    }

    /// Returns how many times as fast as real time the clock of the proxy runs.
    pub async fn speed(&self) -> Result<u32, StrictError> {
        self.field(Method::GET, "clock", &(), "speed").await
    }

    pub async fn set_limits(&self, limits: &Limits) -> Result<(), StrictError> {
        self.call(Method::PUT, "limits", limits).await.map(drop)
    }

    pub async fn set_visibility(&self, visibility: &Visibility) -> Result<(), StrictError> {
        self.call(Method::PUT, "visibility", visibility).await.map(drop)
    }

    /// Adds a plan for coming account creations and returns its ID.
    pub async fn plan_creation(&self, plan: &CreationPlan) -> Result<u64, StrictError> {
        self.field(Method::POST, "creations", plan, "id").await
    }

    /// Removes a plan and returns how many times it had left.
    pub async fn remove_plan(&self, id: u64) -> Result<u32, StrictError> {
        self.field(Method::DELETE, &format!("creations/{id}"), &(), "remaining").await
    }

    pub async fn set_throttling(&self, throttling: &Throttling) -> Result<(), StrictError> {
        self.call(Method::PUT, "throttling", throttling).await.map(drop)
    }

    /// Returns how many calls of each operation were throttled since the start.
    pub async fn throttled(&self) -> Result<BTreeMap<String, u64>, StrictError> {
        self.field(Method::GET, "throttling", &(), "throttled").await
    }

    /// Enables, changes, or removes the instance of IAM Identity Center of the organization.
    pub async fn set_identity_center(&self, instance: &IdentityCenterInstance) -> Result<(), StrictError> {
        self.call(Method::PUT, "identity-center", instance).await.map(drop)
    }

    /// Configures account assignments and the provisioning of permission sets in IAM Identity Center.
    pub async fn set_assignments(&self, assignments: &Assignments) -> Result<(), StrictError> {
        self.call(Method::PUT, "assignments", assignments).await.map(drop)
    }

    /// Sets how long Region changes, quota increases, policy types, and the initialization of an organization take.
    pub async fn set_delays(&self, delays: &Delays) -> Result<(), StrictError> {
        self.call(Method::PUT, "delays", delays).await.map(drop)
    }

    pub async fn set_events(&self, delivery: Delivery) -> Result<(), StrictError> {
        self.call(Method::PUT, "events", &delivery).await.map(drop)
    }

    pub async fn delivered_events(&self) -> Result<Vec<Delivered>, StrictError> {
        self.field(Method::GET, "events", &(), "delivered").await
    }

    pub async fn set_evaluate_iam(&self, evaluate: bool) -> Result<(), StrictError> {
        self.call(Method::PUT, "identity", &json!({"evaluate": evaluate})).await.map(drop)
    }

    /// Returns the roles that made calls while policies were evaluated.
    pub async fn roles(&self) -> Result<Vec<RoleUsage>, StrictError> {
        self.field(Method::GET, "roles", &(), "roles").await
    }

    pub async fn clear_roles(&self) -> Result<(), StrictError> {
        self.call(Method::DELETE, "roles", &()).await.map(drop)
    }

    /// Sets how long closures are pending, and how many there can be.
    pub async fn set_closures(&self, closures: &Closures) -> Result<(), StrictError> {
        self.call(Method::PUT, "closures", closures).await.map(drop)
    }

    /// Sets the state of an account, as when AWS suspends it, AWS Support reopens it, or 90 days have passed.
    pub async fn set_account_state(&self, account_id: &str, state: AccountState) -> Result<(), StrictError> {
        self.call(Method::PUT, &format!("accounts/{account_id}/state"), &json!({"state": state})).await.map(drop)
    }

    /// Changes the primary email of an account. Fails if another account has the email.
    pub async fn change_email(&self, account_id: &str, email: &str) -> Result<(), StrictError> {
        self.call(Method::PUT, &format!("accounts/{account_id}/email"), &json!({"email": email})).await.map(drop)
    }

    /// Sets how often a list of Organizations has an empty page although there are more results.
    pub async fn set_pages(&self, pages: &Pages) -> Result<(), StrictError> {
        self.call(Method::PUT, "pages", pages).await.map(drop)
    }

    /// Enforces a tag policy and returns its ID.
    pub async fn add_tag_policy(&self, policy: &TagPolicy) -> Result<u64, StrictError> {
        self.field(Method::POST, "tag-policies", policy, "id").await
    }

    pub async fn remove_tag_policy(&self, id: u64) -> Result<(), StrictError> {
        self.call(Method::DELETE, &format!("tag-policies/{id}"), &()).await.map(drop)
    }

    /// Returns the whole organization, so that a test can compare it before and after.
    pub async fn organization(&self) -> Result<OrganizationSnapshot, StrictError> {
        Ok(serde_json::from_value(self.call(Method::GET, "organization", &()).await?)?)
    }

    /// Deletes the organization with everything in it: the management account is as before its first organization.
    pub async fn delete_organization(&self) -> Result<(), StrictError> {
        self.call(Method::DELETE, "organization", &()).await.map(drop)
    }

    /// Lets the invited accounts approve all features, and returns how many did.
    pub async fn approve_all_features(&self) -> Result<usize, StrictError> {
        self.field(Method::POST, "organization/approvals", &json!({}), "approved").await
    }

    async fn field<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        field: &str,
    ) -> Result<T, StrictError> {
        let mut response = self.call(method, path, body).await?;
        Ok(serde_json::from_value(response[field].take())?)
    }

    /// Sends no body for `()`.
    async fn call(&self, method: Method, path: &str, body: &impl Serialize) -> Result<Value, StrictError> {
        let uri = format!("{}/_strict/{path}", self.endpoint.trim_end_matches('/'));
        let body = match json!(body) {
            Value::Null => Vec::new(),
            body => body.to_string().into(),
        };
        let request = Request::builder().method(method).uri(uri).body(body).map_err(HttpError::from)?;
        let response = spawn_blocking(move || HttpClient::default().send(request)).await??;
        let status = response.status();
        if !status.is_success() {
            return Err(StrictError::Rejected { status, message: response.into_body() });
        }
        Ok(serde_json::from_str(response.body())?)
    }
}
