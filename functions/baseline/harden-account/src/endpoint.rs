//! The endpoint of S3 Control.

use std::net::IpAddr;

use aws_config::SdkConfig;
use aws_sdk_s3control::Client;
use aws_sdk_s3control::config::Builder;
use aws_sdk_s3control::config::endpoint::{DefaultResolver, Endpoint, EndpointFuture, Params, ResolveEndpoint};
use http::Uri;

pub(crate) fn client(config: &SdkConfig) -> Client {
    let resolver = AccountHostResolver(DefaultResolver::new());
    Client::from_conf(Builder::from(config).endpoint_resolver(resolver).build())
}

/// The endpoint rules of S3 Control, with one exception for IP addresses.
///
/// The rules put the account ID before the host name, also with a custom endpoint (`AWS_ENDPOINT_URL`). With an IP
/// address, as on the local cloud, the result could not be resolved. So this resolver does not change such an endpoint,
/// like the rules of S3 for bucket names. The header `x-amz-account-id` always has the account ID.
#[derive(Debug)]
struct AccountHostResolver(DefaultResolver);

impl ResolveEndpoint for AccountHostResolver {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        match params.endpoint().filter(|url| has_ip_address(url)) {
            Some(url) => EndpointFuture::ready(Ok(Endpoint::builder().url(url.to_owned()).build())),
            None => ResolveEndpoint::resolve_endpoint(&self.0, params),
        }
    }
}

fn has_ip_address(url: &str) -> bool {
    let is_ip = |host: &str| host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    url.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(is_ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn url(endpoint: Option<&str>) -> String {
        let params = Params::builder().region("us-east-1".to_owned()).account_id("111111111111".to_owned());
        let params = params.requires_account_id(true).set_endpoint(endpoint.map(str::to_owned)).build().unwrap();
        let resolver = AccountHostResolver(DefaultResolver::new());
        resolver.resolve_endpoint(&params).await.unwrap().url().to_owned()
    }

    #[tokio::test]
    async fn aws_host_has_the_account_id() {
        assert_eq!(url(None).await, "https://111111111111.s3-control.us-east-1.amazonaws.com");
    }

    #[tokio::test]
    async fn host_name_gets_the_account_id_prefix() {
        let vpc = "https://control.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com";
        assert_eq!(url(Some(vpc)).await, vpc.replace("control", "111111111111.control"));
    }

    #[tokio::test]
    async fn ip_address_endpoint_is_unchanged() {
        for endpoint in ["http://127.0.0.1:4566", "https://[::1]:4566"] {
            assert_eq!(url(Some(endpoint)).await, endpoint);
        }
    }
}
