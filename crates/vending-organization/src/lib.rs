//! Describes the organization, finds OUs by path and accounts by email, verifies the ownership of accounts, and moves
//! accounts to OUs.

mod account;
mod account_count;
mod account_quotas;
mod existence;
mod list;
mod ou_cache;
mod ou_lookup;
mod placement;
mod trusted_access;

pub use account::{Account, Ownership, is_propagating, not_a_member, not_active, unusable_state};
pub use account_count::Listing;
pub use account_quotas::AccountQuotas;
pub use existence::DescribedOrganization;
pub use list::ListedAccount;
pub use ou_cache::OuCache;
pub use ou_lookup::{Location, MissingOu, OuLookup, Unit};
pub use placement::Placement;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::error::SdkError;
use aws_sdk_organizations::operation::tag_resource::TagResourceError;
use aws_sdk_organizations::types::error::ConstraintViolationException;
use aws_sdk_organizations::types::{ConstraintViolationExceptionReason, Tag};
use vending_core::{ErrorCode, OuId, StepError};
use vending_runtime::{AwsError, Cache, error_code, sdk_error};

/// The organization as the management account sees it.
#[derive(Debug)]
pub struct Organization {
    client: Client,
    /// Cached, because the ID of a root never changes and AWS limits ListRoots to one call a second.
    root: OnceLock<OuId>,
    /// The latest listing of the accounts.
    listing: Cache<(), Arc<Listing>>,
    /// The services with trusted access. Missing access is not cached, so a change is visible at once.
    trusted_services: Cache<String, ()>,
}

impl Organization {
    pub fn new(client: Client) -> Self {
        Self {
            client,
            root: OnceLock::new(),
            listing: Cache::new(account_count::TTL),
            trusted_services: Cache::new(trusted_access::TTL),
        }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sets tags on an account. Existing tags with the same key are overwritten.
    pub async fn tag(&self, account_id: &str, tags: &BTreeMap<String, String>) -> Result<(), StepError> {
        self.client
            .tag_resource()
            .resource_id(account_id)
            .set_tags(Some(sdk_tags(tags)?))
            .send()
            .await
            .map_err(|error| map_tag_resource_error(&error))?;
        Ok(())
    }
}

fn map_tag_resource_error(error: &SdkError<TagResourceError>) -> StepError {
    let failed = map_tag_error("tag the account", error);
    match error.as_service_error() {
        Some(TagResourceError::ConstraintViolationException(violation)) if is_tag_violation(violation) => {
            failed.with_code(ErrorCode::InvalidRequest)
        }
        _ => failed,
    }
}

/// Whether AWS rejects the tags: the tag policy of the organization does not allow a value, or the account has too many
/// tags.
pub fn is_tag_violation(violation: &ConstraintViolationException) -> bool {
    let reason = violation.reason().map(ConstraintViolationExceptionReason::as_str);
    matches!(reason, Some("TAG_POLICY_VIOLATION" | "MAX_TAG_LIMIT_EXCEEDED"))
}

/// Makes the error retryable if the account is new: its tags may not be accessible yet, although AWS already describes
/// the account.
fn map_tag_error<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let failed = sdk_error(action, error);
    if error_code(error) == Some("TargetNotFoundException") { failed.with_code(ErrorCode::NotReady) } else { failed }
}

/// Converts tags to the type of the Organizations API.
pub fn sdk_tags(tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, StepError> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder().key(key).value(value).build().map_err(|error| {
                StepError::new(vending_core::ErrorCode::Unexpected, "could not build a tag").with_source(error)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
