//! Credentials of AWS, as the AWS CLI and the SDKs find them: variables, profiles with IAM Identity Center or a credential
//! process, web identities, containers, instances.

mod mfa;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use tokio::runtime::{Builder, Runtime};
use vending_client::{CredentialError, CredentialSource, Credentials, HOME_REGION};

/// Credentials are renewed this long before they expire.
const MARGIN: Duration = Duration::from_mins(2);

/// The credentials of a profile that an option or a file names, or of the default chain. Nothing is looked up before they are needed.
#[derive(Clone)]
pub(crate) struct AwsCredentials(Arc<Inner>);

struct Inner {
    profile: Option<String>,
    loaded: OnceLock<(Runtime, SharedCredentialsProvider)>,
    current: Mutex<Option<Credentials>>,
}

#[derive(Debug, thiserror::Error)]
enum Missing {
    #[error("the default chain has no credentials")]
    Provider,
    #[error("the profile `{0}` has none")]
    Profile(String, #[source] CredentialsError),
    #[error(
        "the profile `{0}` has mfa_serial, and vend does not ask for MFA codes; use a profile with credential_process, such as one that calls a tool that asks"
    )]
    Mfa(String),
}

impl AwsCredentials {
    pub(crate) fn new(profile: Option<String>) -> Self {
        Self(Arc::new(Inner { profile, loaded: OnceLock::new(), current: Mutex::default() }))
    }

    fn load(&self) -> Result<&(Runtime, SharedCredentialsProvider), CredentialError> {
        if let Some(loaded) = self.0.loaded.get() {
            return Ok(loaded);
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let provider = runtime.block_on(provider(self.0.profile.as_deref())).ok_or(Missing::Provider)?;
        Ok(self.0.loaded.get_or_init(|| (runtime, provider)))
    }

    fn fresh(&self) -> Result<Credentials, CredentialError> {
        let (runtime, provider) = self.load()?;
        runtime.block_on(provider.provide_credentials()).map_err(|error| self.explain(error))
    }

    fn explain(&self, error: CredentialsError) -> CredentialError {
        match (mfa::profile(self.0.profile.as_deref()), &self.0.profile) {
            (Some(profile), _) => Missing::Mfa(profile).into(),
            (None, Some(profile)) => Missing::Profile(profile.clone(), error).into(),
            (None, None) => error.into(),
        }
    }
}

impl CredentialSource for AwsCredentials {
    fn credentials(&self) -> Result<Credentials, CredentialError> {
        let mut current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = current.as_ref().filter(|credentials| !expires_soon(credentials)) {
            return Ok(credentials.clone());
        }
        let fresh = self.fresh()?;
        *current = Some(fresh.clone());
        Ok(fresh)
    }
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AwsCredentials").field("profile", &self.0.profile).finish_non_exhaustive()
    }
}

fn expires_soon(credentials: &Credentials) -> bool {
    credentials.expiry().is_some_and(|expiry| expiry < SystemTime::now() + MARGIN)
}

/// The Region is for STS and IAM Identity Center only. The instance is not asked for it, which takes seconds where there
/// is none.
async fn provider(profile: Option<&str>) -> Option<SharedCredentialsProvider> {
    let mut of_profile = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        of_profile = of_profile.profile_name(profile);
    }
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(of_profile.build())
        .or_else(Region::new(HOME_REGION));
    let Some(profile) = profile else {
        let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client()).region(region);
        return loader.load().await.credentials_provider();
    };
    // In the default chain, keys in variables would win over the profile that someone named.
    let config = ProviderConfig::without_region().with_region(region.region().await).with_http_client(http_client());
    let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build();
    Some(SharedCredentialsProvider::new(provider))
}

/// As the SDK makes it, and through the proxy that the environment names.
fn http_client() -> SharedHttpClient {
    http_client_fn(|settings, components| {
        let mut connector = Connector::builder().connector_settings(settings.clone());
        connector.set_sleep_impl(components.sleep_impl());
        let connector = connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        SharedHttpConnector::new(connector.proxy_config(ProxyConfig::from_env()).build())
    })
}
