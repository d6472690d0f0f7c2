//! Signs requests with Signature Version 4: the emulators reject calls without a signature, or take them for those of
//! another account.

use std::error::Error;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningInstructions, SigningSettings,
    UriPathNormalizationMode, sign as signature_of,
};
use aws_sigv4::sign::v4;
use http::Request;

/// The home Region of the local cloud.
pub const REGION: &str = "us-east-1";

/// The access key that both emulators accept for the root user of the management account.
const ROOT_KEY: &str = "test";

/// The root user of the management account.
pub fn root_credentials() -> Credentials {
    account_credentials(ROOT_KEY)
}

/// The root user of an account, whose access key is the account ID.
pub(crate) fn account_credentials(access_key: &str) -> Credentials {
    Credentials::new(access_key, "test", None, None, "local-cloud")
}

/// The service and the Region that a request is signed for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The signing name, such as `execute-api`.
    pub service: &'a str,
    pub region: &'a str,
}

#[derive(Debug, thiserror::Error)]
#[error("could not sign the request")]
pub struct SigningError(#[source] Box<dyn Error + Send + Sync>);

/// Adds the headers of the signature to a request, whose URI must be absolute.
pub fn sign<B: AsRef<[u8]>>(
    request: &mut Request<B>,
    credentials: &Credentials,
    scope: Scope<'_>,
) -> Result<(), SigningError> {
    instructions(request, credentials, scope).map_err(SigningError)?.apply_to_request_http1x(request);
    Ok(())
}

fn instructions<B: AsRef<[u8]>>(
    request: &Request<B>,
    credentials: &Credentials,
    scope: Scope<'_>,
) -> Result<SigningInstructions, Box<dyn Error + Send + Sync>> {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder().identity(&identity).region(scope.region).name(scope.service);
    let params = params.time(SystemTime::now()).settings(settings(scope.service)).build()?.into();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let body = SignableBody::Bytes(request.body().as_ref());
    let signable = SignableRequest::new(request.method().as_str(), request.uri().to_string(), headers, body)?;
    Ok(signature_of(signable, &params)?.into_parts().0)
}

fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        // Only S3 signs the path as it is and requires a header with the digest of the body.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(uri: &str, credentials: &Credentials, service: &str) -> Request<Vec<u8>> {
        let mut request = Request::post(uri).header("x-amz-target", "A.B").body(b"{}".to_vec()).unwrap();
        sign(&mut request, credentials, Scope { service, region: REGION }).unwrap();
        request
    }

    #[test]
    fn signature_covers_service_region_and_headers() {
        let request = signed("http://127.0.0.1:1/", &root_credentials(), "events");
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=test/"), "{authorization}");
        assert!(authorization.contains("/us-east-1/events/aws4_request"), "{authorization}");
        assert!(authorization.contains("host;") && authorization.contains("x-amz-target"), "{authorization}");
        assert!(!request.headers().contains_key("x-amz-content-sha256"));
    }

    #[test]
    fn s3_requests_have_a_digest_of_their_body() {
        let request = signed("http://127.0.0.1:1/bucket?policy", &root_credentials(), "s3");
        assert!(request.headers().contains_key("x-amz-content-sha256"));
    }

    #[test]
    fn session_token_is_sent() {
        let credentials = Credentials::new("ASIA", "secret", Some("token".to_owned()), None, "test");
        let request = signed("http://127.0.0.1:1/", &credentials, "sts");
        assert_eq!(request.headers()["x-amz-security-token"], "token");
    }
}
