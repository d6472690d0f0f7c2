//! Policies as the emulators hold them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::arns::{account_of, role_name};
use super::caller::Session;
use crate::emulators::{Emulator, Upstreams};
use crate::proxy::lock;
use crate::wire::{element, elements};

/// How long an answer is believed at most. A vend asks for the same few policies again and again, and what is changed
/// through the proxy is forgotten at once.
const BELIEVED: Duration = Duration::from_secs(30);

pub(super) struct Library {
    upstreams: Arc<Upstreams>,
    /// By whose they are and what was asked. Empty where an emulator answered an error.
    answers: Mutex<HashMap<(String, String), (Instant, Bytes)>>,
}

/// Whose answers those of Organizations are; the others are accounts'.
const ORGANIZATION: &str = "organization";

#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) trust: Value,
}

impl Library {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, answers: Mutex::default() }
    }

    pub(super) fn forget(&self) {
        lock(&self.answers).clear();
    }

    pub(super) fn forget_account(&self, account: &str) {
        lock(&self.answers).retain(|(whose, _), _| whose != account);
    }

    pub(super) fn forget_organization(&self) {
        self.forget_account(ORGANIZATION);
    }

    pub(super) async fn role(&self, home: Emulator, account: &str, name: &str) -> Option<Role> {
        let answer = self.iam(home, account, "GetRole", &[("RoleName", name)]).await?;
        let arn = element(&answer, "Arn")?;
        Some(Role { arn, trust: document(&element(&answer, "AssumeRolePolicyDocument")?) })
    }

    /// The policies in and on the role. One that the emulator lacks allows nothing.
    pub(super) async fn policies(&self, session: &Session) -> Vec<Value> {
        let (home, account, role) = (session.home, account_of(&session.role_arn), role_name(&session.role_arn));
        let mut policies = Vec::new();
        for name in self.list(home, account, "ListRolePolicies", role, "member").await {
            let asked = [("RoleName", role), ("PolicyName", &name)];
            let answer = self.iam(home, account, "GetRolePolicy", &asked).await;
            policies.extend(answer.and_then(|answer| element(&answer, "PolicyDocument")).map(|text| document(&text)));
        }
        for arn in self.list(home, account, "ListAttachedRolePolicies", role, "PolicyArn").await {
            policies.extend(self.managed_policy(home, account, &arn).await);
        }
        policies
    }

    pub(super) async fn organization(&self) -> String {
        let answer = self.organizations("DescribeOrganization", &json!({})).await;
        answer["Organization"]["Id"].as_str().unwrap_or("o-unknown").to_owned()
    }

    /// Null where Organizations answers an error.
    pub(super) async fn organizations(&self, operation: &str, parameters: &Value) -> Value {
        let key = (ORGANIZATION.to_owned(), format!("{operation} {parameters}"));
        let answer = match self.believed(&key) {
            Some(answer) => answer,
            None => self.keep(key, self.upstreams.organizations(operation, parameters).await.ok().as_ref().map(text)),
        };
        serde_json::from_slice(&answer).unwrap_or_default()
    }

    async fn managed_policy(&self, home: Emulator, account: &str, arn: &str) -> Option<Value> {
        let policy = self.iam(home, account, "GetPolicy", &[("PolicyArn", arn)]).await?;
        let version = element(&policy, "DefaultVersionId")?;
        let asked = [("PolicyArn", arn), ("VersionId", version.as_str())];
        let version = self.iam(home, account, "GetPolicyVersion", &asked).await?;
        element(&version, "Document").map(|text| document(&text))
    }

    async fn list(&self, home: Emulator, account: &str, operation: &str, role: &str, name: &str) -> Vec<String> {
        let answer = self.iam(home, account, operation, &[("RoleName", role)]).await;
        answer.map(|answer| elements(&answer, name)).unwrap_or_default()
    }

    /// None where IAM answers an error: what is asked for is not there.
    async fn iam(&self, home: Emulator, account: &str, operation: &str, asked: &[(&str, &str)]) -> Option<Bytes> {
        let key = (account.to_owned(), format!("{home:?} {operation} {asked:?}"));
        let answer = match self.believed(&key) {
            Some(answer) => answer,
            None => self.keep(key, self.upstreams.iam(home, account, operation, asked).await.ok()),
        };
        (!answer.is_empty()).then_some(answer)
    }

    fn believed(&self, key: &(String, String)) -> Option<Bytes> {
        let answers = lock(&self.answers);
        let (at, answer) = answers.get(key)?;
        (at.elapsed() < BELIEVED).then(|| answer.clone())
    }

    fn keep(&self, key: (String, String), answer: Option<Bytes>) -> Bytes {
        let answer = answer.unwrap_or_default();
        lock(&self.answers).insert(key, (Instant::now(), answer.clone()));
        answer
    }
}

fn text(answer: &Value) -> Bytes {
    answer.to_string().into()
}

/// IAM answers documents percent-encoded, the emulators sometimes plain.
fn document(text: &str) -> Value {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    let text = if text.starts_with('%') { &decoded } else { text };
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_plain_and_percent_encoded() {
        assert_eq!(document("{\"Resource\": \"a%20b\"}"), json!({"Resource": "a%20b"}));
        assert_eq!(document("%7B%22Resource%22%3A%20%22a%22%7D"), json!({"Resource": "a"}));
        assert_eq!(document("no document"), Value::Null);
    }
}
