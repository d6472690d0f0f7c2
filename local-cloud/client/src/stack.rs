//! `target/local/stack.json`: the endpoints and names of the deployed stack, for tests and users.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    pub platform_endpoint: String,
    /// The endpoint of the emulated AWS itself, also if the functions call it through the strict proxy.
    pub aws_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict_endpoint: Option<String>,
    pub region: String,
    pub management_account_id: String,
    pub stack_name: String,
    pub api_url: String,
    pub vend_account_state_machine_arn: String,
    /// The process IDs by server name.
    pub pids: BTreeMap<String, u32>,
    /// The folder of the logs.
    pub logs: PathBuf,
}

impl Stack {
    pub fn read(file: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(file)?)?)
    }

    pub fn write(&self, file: &Path) -> io::Result<()> {
        fs::write(file, serde_json::to_vec_pretty(self)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stack_json_keeps_its_format() {
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
