//! The configuration of AWS calls.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Every call ends well before the timeout of the function, so that the function can report the failed call.
const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(10);

/// The configuration from the Lambda environment. Each function creates its clients from it once.
pub async fn aws_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
    aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).http_client(http_client()).load().await
}

/// The configuration for IAM Identity Center, which can be in another Region than the function.
pub fn identity_center_config(config: &SdkConfig, region: Option<&str>) -> SdkConfig {
    let region = region.map(|region| Region::new(region.to_owned()));
    let mut builder = config.to_builder();
    builder.set_region(region.or_else(|| config.region().cloned()));
    builder.build()
}

/// The HTTP client is passed to the SDK and not enabled as a feature of the SDK crates. The SDK crates then have the same
/// features in functions and in tests, which use another HTTP client, and are compiled only once.
pub fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
}
