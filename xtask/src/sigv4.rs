//! Signs a request the way AWS wants it.

use std::time::SystemTime;

use anyhow::{Context, Result};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use ureq::http::Request;

/// What both emulators take for the management account.
pub(crate) const KEY: &str = "test";
pub(crate) const REGION: &str = "us-east-1";

/// Adds the signature's headers to `request`.
pub(crate) fn sign_request(request: &mut Request<Vec<u8>>, service: &str, region: &str, key: &str) -> Result<()> {
    let identity = Credentials::new(key, key, None, None, "xtask").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(settings(service))
        .build()
        .context("prepare the signature")?
        .into();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let uri = request.uri().to_string();
    let signable = SignableRequest::new(request.method().as_str(), uri, headers, SignableBody::Bytes(request.body()))
        .context("prepare the request for its signature")?;
    let (instructions, _signature) = sign(signable, &params).context("sign the request")?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        // S3 alone signs the path as it is and wants the body's digest as a header.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_for_the_service_and_region() {
        let mut request = Request::post("http://127.0.0.1:1/bucket?policy").body(b"{}".to_vec()).unwrap();
        sign_request(&mut request, "s3", REGION, KEY).unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=test/"), "{authorization}");
        assert!(authorization.contains("/us-east-1/s3/aws4_request"), "{authorization}");
        assert!(request.headers().contains_key("x-amz-content-sha256"));
    }
}
