//! The environment variables that `vend` reads itself. The AWS SDK, the HTTP client, and the terminal have theirs.

pub(crate) const API_URL: &str = "VEND_API_URL";
pub(crate) const PROFILE: &str = "VEND_PROFILE";
pub(crate) const AWS_PROFILE: &str = "AWS_PROFILE";
/// The endpoints of AWS that replace the usual ones, as for the SDK.
pub(crate) const ENDPOINT: &str = "AWS_ENDPOINT_URL";
pub(crate) const STS_ENDPOINT: &str = "AWS_ENDPOINT_URL_STS";
pub(crate) const CLOUDFORMATION_ENDPOINT: &str = "AWS_ENDPOINT_URL_CLOUDFORMATION";

/// A variable that has a value.
#[expect(clippy::disallowed_methods, reason = "the command line is no function")]
pub(crate) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
