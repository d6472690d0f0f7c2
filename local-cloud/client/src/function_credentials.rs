//! The credentials of functions on the local cloud.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The credentials that MiniStack gives to a function while it checks IAM (`execution_credentials` in its
/// `lambda_runtime.py`).
#[derive(Clone, Debug)]
pub struct FunctionCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
}

impl FunctionCredentials {
    pub fn new(function_arn: &str, role_arn: &str) -> Self {
        let digest = hexadecimal(&format!("{function_arn}:{role_arn}"));
        Self {
            access_key_id: format!("ASIA{}", digest[..16].to_uppercase()),
            secret_access_key: hexadecimal(&format!("secret:{digest}")),
            session_token: hexadecimal(&format!("token:{digest}")),
        }
    }
}

fn hexadecimal(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}
