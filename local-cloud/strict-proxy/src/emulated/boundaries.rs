//! Permissions boundaries: moto accepts a policy that does not exist.

use super::call::Call;
use crate::emulators::{Emulator, Upstreams};
use crate::wire::AwsError;

/// Returns the error for a permissions boundary that does not exist in the account. AWS managed policies always exist.
pub(super) async fn check(upstreams: &Upstreams, call: &Call<'_>) -> Option<AwsError> {
    let arn = call.request.string("PermissionsBoundary")?;
    let exists = match arn.strip_prefix("arn:aws:iam::") {
        Some(policy) if policy.starts_with("aws:policy/") => true,
        Some(policy) if policy.starts_with(&format!("{}:policy/", call.account)) => {
            upstreams.iam(Emulator::Aws, call.account, "GetPolicy", &[("PolicyArn", arn)]).await.is_ok()
        }
        _ => false,
    };
    let message = format!("Scope ARN: {arn} does not exist or is not attachable.");
    (!exists).then(|| AwsError::new(404, "NoSuchEntity", &message))
}
