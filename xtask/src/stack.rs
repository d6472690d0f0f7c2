//! `target/local/stack.json`: what a test or a person needs to know about the deployed stack.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::paths;

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the file are a contract")]
pub(crate) struct Stack {
    pub(crate) platform_endpoint: String,
    /// The emulated AWS itself, also when the functions reach it through the strict proxy.
    pub(crate) aws_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) strict_endpoint: Option<String>,
    pub(crate) region: String,
    pub(crate) management_account_id: String,
    pub(crate) stack_name: String,
    pub(crate) api_url: String,
    pub(crate) vend_account_state_machine_arn: String,
    /// By the server's name.
    pub(crate) pids: BTreeMap<String, u32>,
    /// The folder of the logs.
    pub(crate) logs: PathBuf,
}

impl Stack {
    pub(crate) fn path() -> PathBuf {
        paths::local().join("stack.json")
    }

    /// The stack that is up.
    pub(crate) fn load() -> Result<Self> {
        let text = fs::read(Self::path()).context("no stack is up; start one with `cargo xtask up`")?;
        serde_json::from_slice(&text).with_context(|| format!("read {}", paths::shown(&Self::path())))
    }

    pub(crate) fn save(&self) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        fs::write(Self::path(), text).with_context(|| format!("write {}", Self::path().display()))
    }

    pub(crate) fn remove() -> Result<()> {
        match fs::remove_file(Self::path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("remove {}", Self::path().display()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_the_contract_of_stack_json() {
        let contract = json!({
            "platformEndpoint": "http://127.0.0.1:1", "awsEndpoint": "http://127.0.0.1:2", "region": "us-east-1",
            "managementAccountId": "123456789012", "stackName": "account-vending",
            "apiUrl": "http://127.0.0.1:1/restapis/abc/v1/_user_request_",
            "vendAccountStateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:vend-account",
            "pids": { "ministack": 7, "moto": 6 }, "logs": "/checkout/target/local/logs",
        });
        let stack: Stack = serde_json::from_value(contract.clone()).unwrap();
        assert_eq!(serde_json::to_value(&stack).unwrap(), contract);

        let strict = Stack { strict_endpoint: Some("http://127.0.0.1:3".into()), ..stack };
        assert_eq!(serde_json::to_value(strict).unwrap()["strictEndpoint"], "http://127.0.0.1:3");
    }
}
