//! Permissions boundaries: moto takes one that does not exist.

use super::call::Call;
use crate::emulators::{Emulator, Upstreams};
use crate::faults::AwsError;

/// The error of a call that names a policy which its account has not got. AWS's own policies are all there.
pub(super) async fn missing(upstreams: &Upstreams, call: &Call<'_>) -> Option<AwsError> {
    let arn = call.request.text("PermissionsBoundary")?;
    let is_there = match arn.strip_prefix("arn:aws:iam::") {
        Some(policy) if policy.starts_with("aws:policy/") => true,
        Some(policy) if policy.starts_with(&format!("{}:policy/", call.account)) => {
            upstreams.iam(Emulator::Aws, call.account, "GetPolicy", &[("PolicyArn", arn)]).await.is_ok()
        }
        _ => false,
    };
    let message = format!("Scope ARN: {arn} does not exist or is not attachable.");
    (!is_there).then(|| AwsError::new(404, "NoSuchEntity", &message))
}
