//! The functions of the stack, and calls of AWS with their credentials.

use aws_config::SdkConfig;
use aws_sdk_sts::config::SharedCredentialsProvider;
use local_cloud::{Credentials, FunctionCredentials};

use crate::cloud::Cloud;

impl Cloud {
    /// The names of the functions, each with the ARN of its role.
    pub async fn functions(&self) -> Vec<(String, String)> {
        let listed = self.platform_wire().rest("lambda", "GET", "/2015-03-31/functions/?MaxItems=50", None).await;
        let functions = listed["Functions"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        functions.map(|function| (text(&function["FunctionName"]), text(&function["Role"]))).collect()
    }

    /// AWS with the credentials of a function, which the proxy knows only after the function has run once.
    pub async fn as_function(&self, name: &str) -> SdkConfig {
        let name = format!("account-vending-{name}");
        let functions = self.functions().await;
        let (_, role) = functions.iter().find(|(function, _)| *function == name).unwrap();
        let given = FunctionCredentials::new(&format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"), role);
        let token = Some(given.session_token);
        let credentials = Credentials::new(given.access_key_id, given.secret_access_key, token, None, "function");
        let mut config = self.through_strict().to_builder();
        config.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
        config.build()
    }
}
