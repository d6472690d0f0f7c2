//! Paths that a client can follow.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::header::LOCATION;

use crate::response::Response;

/// Prefixes `Location` with the API's base path, so that a client can follow it.
pub fn with_base_path(event: &ApiGatewayProxyRequest, mut response: Response) -> Response {
    let base_path = base_path(event);
    let location = response.headers.get(LOCATION).and_then(|location| location.to_str().ok());
    if let Some(location) = location.and_then(|location| format!("{base_path}{location}").parse().ok()) {
        response.headers.insert(LOCATION, location);
    }
    response
}

/// The part of the URL's path before the API's resource: the stage, or the base path of a custom domain.
fn base_path(event: &ApiGatewayProxyRequest) -> &str {
    let path = event.request_context.path.as_deref().unwrap_or_default().trim_end_matches('/');
    let segments = event.resource.as_deref().unwrap_or_default().matches('/').count();
    (0..segments).fold(path, |path, _| path.rsplit_once('/').map_or("", |(base, _)| base))
}
