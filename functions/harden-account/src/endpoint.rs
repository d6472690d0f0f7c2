//! Where S3 Control is called.

use std::net::IpAddr;

use aws_config::SdkConfig;
use aws_sdk_s3control::Client;
use aws_sdk_s3control::config::Builder;
use aws_sdk_s3control::config::endpoint::{DefaultResolver, Endpoint, EndpointFuture, Params, ResolveEndpoint};
use http::Uri;

pub(crate) fn client(config: &SdkConfig) -> Client {
    let resolver = AccountsHost(DefaultResolver::new());
    Client::from_conf(Builder::from(config).endpoint_resolver(resolver).build())
}

/// S3 Control's own rules, with one exception.
///
/// They put the account's id before the host, also before that of an endpoint of our own (`AWS_ENDPOINT_URL`). Before
/// an IP address, as a local cloud has it, this makes a name that nobody resolves: there the endpoint is taken as it
/// is, as S3's rules do it with a bucket's name. The id is in the header `x-amz-account-id` in any case.
#[derive(Debug)]
struct AccountsHost(DefaultResolver);

impl ResolveEndpoint for AccountsHost {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        match params.endpoint().filter(|url| is_at_an_ip_address(url)) {
            Some(url) => EndpointFuture::ready(Ok(Endpoint::builder().url(url.to_owned()).build())),
            None => ResolveEndpoint::resolve_endpoint(&self.0, params),
        }
    }
}

fn is_at_an_ip_address(url: &str) -> bool {
    let is_ip = |host: &str| host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn url(endpoint: Option<&str>) -> String {
        let params = Params::builder().region("us-east-1".to_owned()).account_id("111111111111".to_owned());
        let params = params.requires_account_id(true).set_endpoint(endpoint.map(str::to_owned)).build().unwrap();
        let resolver = AccountsHost(DefaultResolver::new());
        resolver.resolve_endpoint(&params).await.unwrap().url().to_owned()
    }

    #[tokio::test]
    async fn aws_is_called_at_the_accounts_own_host() {
        assert_eq!(url(None).await, "https://111111111111.s3-control.us-east-1.amazonaws.com");
    }

    #[tokio::test]
    async fn an_endpoint_with_a_name_is_called_with_the_account_before_it() {
        let vpc = "https://control.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com";
        assert_eq!(url(Some(vpc)).await, vpc.replace("control", "111111111111.control"));
    }

    #[tokio::test]
    async fn an_endpoint_at_an_ip_address_is_called_as_it_is() {
        for endpoint in ["http://127.0.0.1:4566", "https://[::1]:4566"] {
            assert_eq!(url(Some(endpoint)).await, endpoint);
        }
    }
}
