//! A cache of the policies in the emulators.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::arns::{account_id, role_name};
use super::caller::Session;
use crate::emulators::{Emulator, Upstreams};
use crate::sync::lock;
use crate::wire::{element, elements};

/// How long a response is cached. Changes through the proxy clear the cache immediately.
const TTL: Duration = Duration::from_secs(30);

pub(super) struct PolicyCache {
    upstreams: Arc<Upstreams>,
    /// Responses by account and request. Empty if the emulator returned an error.
    responses: Mutex<HashMap<(String, String), (Instant, Bytes)>>,
}

/// The key of Organizations responses, in place of an account.
const ORGANIZATION: &str = "organization";

#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) trust: Value,
}

impl PolicyCache {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, responses: Mutex::default() }
    }

    pub(super) fn clear(&self) {
        lock(&self.responses).clear();
    }

    pub(super) fn clear_account(&self, account: &str) {
        lock(&self.responses).retain(|(owner, _), _| owner != account);
    }

    pub(super) fn clear_organization(&self) {
        self.clear_account(ORGANIZATION);
    }

    pub(super) async fn role(&self, emulator: Emulator, account: &str, name: &str) -> Option<Role> {
        let response = self.iam(emulator, account, "GetRole", &[("RoleName", name)]).await?;
        let arn = element(&response, "Arn")?;
        Some(Role { arn, trust: document(&element(&response, "AssumeRolePolicyDocument")?) })
    }

    /// Returns the inline and attached policies of the role. A policy that the emulator lacks allows nothing.
    pub(super) async fn policies(&self, session: &Session) -> Vec<Value> {
        let (emulator, account, role) = (session.emulator, account_id(&session.role_arn), role_name(&session.role_arn));
        let mut policies = Vec::new();
        for name in self.list(emulator, account, "ListRolePolicies", role, "member").await {
            let parameters = [("RoleName", role), ("PolicyName", &name)];
            let response = self.iam(emulator, account, "GetRolePolicy", &parameters).await;
            policies
                .extend(response.and_then(|response| element(&response, "PolicyDocument")).map(|text| document(&text)));
        }
        for arn in self.list(emulator, account, "ListAttachedRolePolicies", role, "PolicyArn").await {
            policies.extend(self.managed_policy(emulator, account, &arn).await);
        }
        policies
    }

    pub(super) async fn organization(&self) -> String {
        let response = self.organizations("DescribeOrganization", &json!({})).await;
        response["Organization"]["Id"].as_str().unwrap_or("o-unknown").to_owned()
    }

    /// Returns null if Organizations returns an error.
    pub(super) async fn organizations(&self, operation: &str, parameters: &Value) -> Value {
        let key = (ORGANIZATION.to_owned(), format!("{operation} {parameters}"));
        let response = match self.cached(&key) {
            Some(response) => response,
            None => self.insert(key, self.upstreams.organizations(operation, parameters).await.ok().as_ref().map(text)),
        };
        serde_json::from_slice(&response).unwrap_or_default()
    }

    async fn managed_policy(&self, emulator: Emulator, account: &str, arn: &str) -> Option<Value> {
        let policy = self.iam(emulator, account, "GetPolicy", &[("PolicyArn", arn)]).await?;
        let version = element(&policy, "DefaultVersionId")?;
        let parameters = [("PolicyArn", arn), ("VersionId", version.as_str())];
        let version = self.iam(emulator, account, "GetPolicyVersion", &parameters).await?;
        element(&version, "Document").map(|text| document(&text))
    }

    async fn list(&self, emulator: Emulator, account: &str, operation: &str, role: &str, name: &str) -> Vec<String> {
        let response = self.iam(emulator, account, operation, &[("RoleName", role)]).await;
        response.map(|response| elements(&response, name)).unwrap_or_default()
    }

    /// Returns `None` if IAM returns an error.
    async fn iam(
        &self,
        emulator: Emulator,
        account: &str,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Option<Bytes> {
        let key = (account.to_owned(), format!("{emulator:?} {operation} {parameters:?}"));
        let response = match self.cached(&key) {
            Some(response) => response,
            None => self.insert(key, self.upstreams.iam(emulator, account, operation, parameters).await.ok()),
        };
        (!response.is_empty()).then_some(response)
    }

    fn cached(&self, key: &(String, String)) -> Option<Bytes> {
        let responses = lock(&self.responses);
        let (at, response) = responses.get(key)?;
        (at.elapsed() < TTL).then(|| response.clone())
    }

    fn insert(&self, key: (String, String), response: Option<Bytes>) -> Bytes {
        let response = response.unwrap_or_default();
        lock(&self.responses).insert(key, (Instant::now(), response.clone()));
        response
    }
}

fn text(response: &Value) -> Bytes {
    response.to_string().into()
}

/// IAM returns documents percent-encoded; the emulators sometimes do not.
fn document(text: &str) -> Value {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    let text = if text.starts_with('%') { &decoded } else { text };
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_parsed_plain_or_percent_encoded() {
        assert_eq!(document("{\"Resource\": \"a%20b\"}"), json!({"Resource": "a%20b"}));
        assert_eq!(document("%7B%22Resource%22%3A%20%22a%22%7D"), json!({"Resource": "a"}));
        assert_eq!(document("no document"), Value::Null);
    }
}
