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
    Some((FunctionCredentials::of(arn, role).access_key_id, session))
}

/// What MiniStack gives to a function while it checks IAM (`execution_credentials` in its `lambda_runtime.py`).
#[derive(Clone, Debug)]
pub struct FunctionCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
}

impl FunctionCredentials {
    pub fn of(function_arn: &str, role_arn: &str) -> Self {
        let digest = hexadecimal(&format!("{function_arn}:{role_arn}"));
        Self {
            access_key_id: format!("ASIA{}", digest[..16].to_uppercase()),
            secret_access_key: hexadecimal(&format!("secret:{digest}")),
            session_token: hexadecimal(&format!("token:{digest}")),
        }
    }
}

fn hexadecimal(text: &str) -> String {
    let mut written = String::new();
    for byte in Sha256::digest(text) {
        // Writing to a string cannot fail.
        let _ = write!(written, "{byte:02x}");
    }
    written
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
