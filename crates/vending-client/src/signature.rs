//! Signature Version 4.

use std::error::Error;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningInstructions, SigningSettings, sign as signature};
use aws_sigv4::sign::v4;
use http::Request;

/// The service and the Region that a request is signed for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
}

/// Adds the headers of the signature to a request, whose URI must be absolute.
pub(crate) fn sign(
    request: &mut Request<Vec<u8>>,
    credentials: &Credentials,
    scope: Scope<'_>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    instructions(request, credentials, scope)?.apply_to_request_http1x(request);
    Ok(())
}

fn instructions(
    request: &Request<Vec<u8>>,
    credentials: &Credentials,
    scope: Scope<'_>,
) -> Result<SigningInstructions, Box<dyn Error + Send + Sync>> {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder().identity(&identity).region(scope.region).name(scope.service);
    let params = params.time(SystemTime::now()).settings(SigningSettings::default()).build()?.into();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), request.uri().to_string(), headers, body)?;
    Ok(signature(signable, &params)?.into_parts().0)
}
