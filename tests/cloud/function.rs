//! The stack's functions, and AWS as one of them calls it.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use sha2::{Digest, Sha256};

use crate::Cloud;
use crate::api::get;

impl Cloud {
    /// The names of the stack's functions, each with the ARN of its role.
    pub async fn functions(&self) -> Vec<(String, String)> {
        let listed = get(self.text("platformEndpoint"), "lambda", "/2015-03-31/functions/?MaxItems=50").await;
        let functions = listed["Functions"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        functions.map(|function| (text(&function["FunctionName"]), text(&function["Role"]))).collect()
    }

    /// With the credentials that MiniStack gives to the function while it checks IAM (`execution_credentials` in its
    /// `lambda_runtime.py`). Only after the function has run once are they known.
    pub async fn as_function(&self, name: &str) -> SdkConfig {
        let name = format!("account-vending-{name}");
        let functions = self.functions().await;
        let (_, role) = functions.iter().find(|(function, _)| *function == name).unwrap();
        let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
        let digest = hexadecimal(&format!("{arn}:{role}"));
        let key = format!("ASIA{}", digest[..16].to_uppercase());
        let (secret, token) = (hexadecimal(&format!("secret:{digest}")), hexadecimal(&format!("token:{digest}")));
        let mut config = self.through_strict().to_builder();
        let credentials = Credentials::new(key, secret, Some(token), None, "function");
        config.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
        config.build()
    }
}

fn hexadecimal(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
