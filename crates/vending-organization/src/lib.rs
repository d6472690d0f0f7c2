//! Finds things in the organization: OUs by path, accounts by email, and whether an account is ours. Puts accounts
//! where they belong.

mod account;
mod known;
mod list;
mod place;
mod trusted;
mod units;

pub use account::{Account, Ownership};
pub use known::KnownUnits;
pub use list::{Census, ListedAccount};
pub use place::Placed;
pub use units::Units;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::OnceLock;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_organizations::types::Tag;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{error_code, from_sdk};

/// The organization as the management account sees it.
#[derive(Debug)]
pub struct Organization {
    client: Client,
    /// A root's id never changes, and ListRoots allows one call a second in the whole account.
    root: OnceLock<String>,
}

impl Organization {
    pub fn new(client: Client) -> Self {
        Self { client, root: OnceLock::new() }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sets tags on an account; `TagResource` overwrites those of the same key.
    pub async fn tag(&self, account_id: &str, tags: &BTreeMap<String, String>) -> Result<(), StepError> {
        self.client
            .tag_resource()
            .resource_id(account_id)
            .set_tags(Some(sdk_tags(tags)?))
            .send()
            .await
            .map_err(|error| of_tags("tag the account", &error))?;
        Ok(())
    }
}

/// A new account may be described before its tags can be read or set: tags have another way into every corner of AWS.
fn of_tags<E>(doing: &str, error: &SdkError<E>) -> StepError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let failed = from_sdk(doing, error);
    if error_code(error) == Some("TargetNotFoundException") { failed.with_code(ErrorCode::NotReady) } else { failed }
}

/// Tags in the shape of the Organizations API.
pub fn sdk_tags(tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, StepError> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder().key(key).value(value).build().map_err(|error| {
                StepError::new(vending_core::ErrorCode::Unexpected, "could not make a tag").with_source(error)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
