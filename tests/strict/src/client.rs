//! The control API from a test's side.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::call::Call;
use crate::forward::client;
use crate::organizations::Settings;
use crate::rules::Rule;

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
        self.ask(Method::GET, "health", &Value::Null).await.map(drop)
    }

    /// Answers the rule's id, which appears in the calls that it applied to.
    pub async fn add_rule(&self, rule: &Rule) -> Result<u64, StrictError> {
        let mut answer = self.ask(Method::POST, "rules", &json!(rule)).await?;
        Ok(serde_json::from_value(answer["id"].take())?)
    }

    /// Answers how often the rule would still have applied: 0 when all its faults have happened.
    pub async fn remove_rule(&self, id: u64) -> Result<u32, StrictError> {
        let mut answer = self.ask(Method::DELETE, &format!("rules/{id}"), &Value::Null).await?;
        Ok(serde_json::from_value(answer["remaining"].take())?)
    }

    /// The calls after this sequence number; 0 for all.
    pub async fn calls_since(&self, sequence: u64) -> Result<Vec<Call>, StrictError> {
        let mut answer = self.ask(Method::GET, &format!("calls?since={sequence}"), &Value::Null).await?;
        Ok(serde_json::from_value(answer["calls"].take())?)
    }

    /// Answers all settings as they are now.
    pub async fn set_settings(&self, settings: &Settings) -> Result<Settings, StrictError> {
        let answer = self.ask(Method::POST, "settings", &json!(settings)).await?;
        Ok(serde_json::from_value(answer)?)
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value, StrictError> {
        let (status, body) = self.send(method, path, body).await.map_err(StrictError::Unreachable)?;
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
