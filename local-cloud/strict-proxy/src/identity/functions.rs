//! The roles of functions, by the access keys that the platform gives to them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use local_cloud::FunctionCredentials;
use serde_json::Value;

use super::caller::Session;
use crate::emulators::{Emulator, Upstreams};
use crate::sync::lock;

pub(super) struct Functions {
    upstreams: Arc<Upstreams>,
    by_key: Mutex<HashMap<String, Session>>,
    /// Whether a function has used its own key.
    seen: AtomicBool,
}

impl Functions {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, by_key: Mutex::default(), seen: AtomicBool::new(false) }
    }

    /// Returns `None` if the key does not belong to a function. Functions have such keys only while the platform checks
    /// IAM.
    pub(super) async fn session_of(&self, access_key_id: &str) -> Option<Session> {
        if !access_key_id.starts_with("ASIA") {
            return None;
        }
        let mut session = lock(&self.by_key).get(access_key_id).cloned();
        if session.is_none() {
            // The function may be newer than the list.
            self.refresh().await;
            session = lock(&self.by_key).get(access_key_id).cloned();
        }
        self.seen.fetch_or(session.is_some(), Ordering::Relaxed);
        session
    }

    /// Whether functions have their own keys. The platform gives keys to all functions or to none.
    pub(super) fn have_keys(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    async fn refresh(&self) {
        let mut marker = None;
        // If the platform does not respond, it has no functions.
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
    let session = Session { role_arn, name, policy: None, emulator: Emulator::Platform, function };
    Some((FunctionCredentials::new(arn, role).access_key_id, session))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn function_key_depends_on_arn_and_role() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:move-account";
        let role = "arn:aws:iam::123456789012:role/account-vending/stack/move-account";
        let (key, session) =
            session(&json!({"FunctionArn": arn, "Role": role, "FunctionName": "move-account"})).unwrap();
        assert_eq!(key, "ASIA3C9AA253AFE5BC02");
        assert_eq!((session.role_arn.as_str(), session.name.as_str()), (role, "move-account"));
    }
}
