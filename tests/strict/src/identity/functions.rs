//! The roles of the platform's functions, by the access keys that it gives them.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::caller::Session;
use crate::emulators::{Emulator, Upstreams};
use crate::proxy::lock;

pub(super) struct Functions {
    upstreams: Arc<Upstreams>,
    by_key: Mutex<HashMap<String, Session>>,
}

impl Functions {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, by_key: Mutex::default() }
    }

    /// None of a key that is no function's. The platform gives such keys only while it checks IAM.
    pub(super) async fn session_of(&self, access_key_id: &str) -> Option<Session> {
        if !access_key_id.starts_with("ASIA") {
            return None;
        }
        if let Some(known) = lock(&self.by_key).get(access_key_id) {
            return Some(known.clone());
        }
        // A function that was deployed since the last look.
        self.look().await;
        lock(&self.by_key).get(access_key_id).cloned()
    }

    async fn look(&self) {
        let mut marker = None;
        // A platform that does not answer has no functions.
        while let Ok(listed) = self.upstreams.list_functions(marker.as_deref()).await {
            let functions = listed["Functions"].as_array().into_iter().flatten();
            lock(&self.by_key).extend(functions.filter_map(session));
            marker = listed["NextMarker"].as_str().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                return;
            }
        }
    }
}

fn session(function: &Value) -> Option<(String, Session)> {
    let (arn, role) = (function["FunctionArn"].as_str()?, function["Role"].as_str()?);
    let name = function["FunctionName"].as_str()?.to_owned();
    let (role_arn, function) = (role.to_owned(), Some(name.clone()));
    let session = Session { role_arn, name, policy: None, home: Emulator::Platform, function };
    Some((access_key_id(arn, role), session))
}

/// As MiniStack makes it of the function and its role (`execution_credentials` in its `lambda_runtime.py`).
fn access_key_id(function_arn: &str, role_arn: &str) -> String {
    let digest = Sha256::digest(format!("{function_arn}:{role_arn}"));
    let mut key = "ASIA".to_owned();
    for byte in digest.iter().take(8) {
        // Writing to a string cannot fail.
        let _ = write!(key, "{byte:02X}");
    }
    key
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_functions_key_is_made_of_its_arn_and_its_role() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:move-account";
        let role = "arn:aws:iam::123456789012:role/account-vending/stack/move-account";
        let (key, session) =
            session(&json!({"FunctionArn": arn, "Role": role, "FunctionName": "move-account"})).unwrap();
        assert_eq!(key, "ASIA3C9AA253AFE5BC02");
        assert_eq!((session.role_arn.as_str(), session.name.as_str()), (role, "move-account"));
    }
}
