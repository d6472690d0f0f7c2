//! The control API from a test's side.

use std::collections::BTreeMap;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::beyond_moto::Settling;
use crate::emulators::client;
use crate::events::{Delivered, Delivery};
use crate::faults::{Rule, RuleStatus};
use crate::identity::RoleUsage;
use crate::identity_center::Assignments;
use crate::organizations::{CreationPlan, Limits, Settings, Visibility};
use crate::recorder::Call;
use crate::throttling::Throttling;

/// Sets rules and settings of a running proxy, and reads what it has recorded.
#[derive(Clone, Debug)]
pub struct StrictClient {
    /// Where the proxy listens, such as `http://127.0.0.1:4600`.
    pub endpoint: String,
}

#[derive(Debug, thiserror::Error)]
pub enum StrictError {
    #[error("the strict proxy could not be asked")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the strict proxy refused with {status}: {message}")]
    Refused { status: StatusCode, message: String },
    #[error("the strict proxy's answer could not be read")]
    Unreadable(#[from] serde_json::Error),
}

impl StrictClient {
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into() }
    }

    pub async fn health(&self) -> Result<(), StrictError> {
        self.ask(Method::GET, "health", &()).await.map(drop)
    }

    /// Answers the rule's id, which appears in the calls that it applied to.
    pub async fn add_rule(&self, rule: &Rule) -> Result<u64, StrictError> {
        self.field(Method::POST, "rules", rule, "id").await
    }

    /// Answers how often the rule would still have applied: 0 when all its faults have happened.
    pub async fn remove_rule(&self, id: u64) -> Result<u32, StrictError> {
        self.field(Method::DELETE, &format!("rules/{id}"), &(), "remaining").await
    }

    pub async fn rules(&self) -> Result<Vec<RuleStatus>, StrictError> {
        self.field(Method::GET, "rules", &(), "rules").await
    }

    /// The number of the last call so far.
    pub async fn last_sequence(&self) -> Result<u64, StrictError> {
        self.field(Method::GET, "calls/last", &(), "sequence").await
    }

    /// The calls after this sequence number; 0 for all.
    pub async fn calls_since(&self, sequence: u64) -> Result<Vec<Call>, StrictError> {
        self.field(Method::GET, &format!("calls?since={sequence}"), &(), "calls").await
    }

    /// The calls are forgotten; the numbers go on.
    pub async fn clear_calls(&self) -> Result<(), StrictError> {
        self.ask(Method::DELETE, "calls", &()).await.map(drop)
    }

    /// Answers all settings as they are now.
    pub async fn set_settings(&self, settings: &Settings) -> Result<Settings, StrictError> {
        Ok(serde_json::from_value(self.ask(Method::POST, "settings", settings).await?)?)
    }

    /// How many times as fast as the world the proxy's clock runs.
    pub async fn speed(&self) -> Result<u32, StrictError> {
        self.field(Method::GET, "clock", &(), "speed").await
    }

    pub async fn set_limits(&self, limits: &Limits) -> Result<(), StrictError> {
        self.ask(Method::PUT, "limits", limits).await.map(drop)
    }

    pub async fn set_visibility(&self, visibility: &Visibility) -> Result<(), StrictError> {
        self.ask(Method::PUT, "visibility", visibility).await.map(drop)
    }

    /// Answers the plan's id.
    pub async fn plan_creation(&self, plan: &CreationPlan) -> Result<u64, StrictError> {
        self.field(Method::POST, "creations", plan, "id").await
    }

    /// Answers how many creations would still have gone as planned.
    pub async fn remove_plan(&self, id: u64) -> Result<u32, StrictError> {
        self.field(Method::DELETE, &format!("creations/{id}"), &(), "remaining").await
    }

    pub async fn set_throttling(&self, throttling: &Throttling) -> Result<(), StrictError> {
        self.ask(Method::PUT, "throttling", throttling).await.map(drop)
    }

    /// How many calls of each operation were throttled since the start.
    pub async fn throttled(&self) -> Result<BTreeMap<String, u64>, StrictError> {
        self.field(Method::GET, "throttling", &(), "refused").await
    }

    /// Of people to accounts, in Identity Center.
    pub async fn set_assignments(&self, assignments: &Assignments) -> Result<(), StrictError> {
        self.ask(Method::PUT, "assignments", assignments).await.map(drop)
    }

    /// Of Regions and quota increases.
    pub async fn set_settling(&self, settling: &Settling) -> Result<(), StrictError> {
        self.ask(Method::PUT, "settling", settling).await.map(drop)
    }

    pub async fn set_events(&self, delivery: Delivery) -> Result<(), StrictError> {
        self.ask(Method::PUT, "events", &delivery).await.map(drop)
    }

    pub async fn delivered_events(&self) -> Result<Vec<Delivered>, StrictError> {
        self.field(Method::GET, "events", &(), "delivered").await
    }

    pub async fn set_evaluate_iam(&self, evaluate: bool) -> Result<(), StrictError> {
        self.ask(Method::PUT, "identity", &json!({"evaluate": evaluate})).await.map(drop)
    }

    /// The roles that called while policies were evaluated.
    pub async fn roles(&self) -> Result<Vec<RoleUsage>, StrictError> {
        self.field(Method::GET, "roles", &(), "roles").await
    }

    pub async fn forget_roles(&self) -> Result<(), StrictError> {
        self.ask(Method::DELETE, "roles", &()).await.map(drop)
    }

    async fn field<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        field: &str,
    ) -> Result<T, StrictError> {
        let mut answer = self.ask(method, path, body).await?;
        Ok(serde_json::from_value(answer[field].take())?)
    }

    async fn ask(&self, method: Method, path: &str, body: &impl Serialize) -> Result<Value, StrictError> {
        let (status, body) = self.send(method, path, &json!(body)).await.map_err(StrictError::Unreachable)?;
        if !status.is_success() {
            let message = String::from_utf8_lossy(&body).into_owned();
            return Err(StrictError::Refused { status, message });
        }
        Ok(serde_json::from_slice(&body)?)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let uri = format!("{}/_strict/{path}", self.endpoint.trim_end_matches('/'));
        let request = Request::builder().method(method).uri(uri).body(Full::from(body.to_string()))?;
        let answer = client().request(request).await?;
        Ok((answer.status(), answer.into_body().collect().await?.to_bytes()))
    }
}
