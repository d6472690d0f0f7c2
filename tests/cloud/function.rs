//! The stack's functions, and AWS as one of them calls it.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use strict::FunctionCredentials;

use crate::Cloud;

impl Cloud {
    /// The names of the stack's functions, each with the ARN of its role.
    pub async fn functions(&self) -> Vec<(String, String)> {
        let listed = self.platform_wire().rest("lambda", "GET", "/2015-03-31/functions/?MaxItems=50", None).await;
        let functions = listed["Functions"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        functions.map(|function| (text(&function["FunctionName"]), text(&function["Role"]))).collect()
    }

    /// With the credentials of a function, which are known only after it has run once.
    pub async fn as_function(&self, name: &str) -> SdkConfig {
        let name = format!("account-vending-{name}");
        let functions = self.functions().await;
        let (_, role) = functions.iter().find(|(function, _)| *function == name).unwrap();
        let given = FunctionCredentials::of(&format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"), role);
        let token = Some(given.session_token);
        let credentials = Credentials::new(given.access_key_id, given.secret_access_key, token, None, "function");
        let mut config = self.through_strict().to_builder();
        config.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
        config.build()
    }
}
