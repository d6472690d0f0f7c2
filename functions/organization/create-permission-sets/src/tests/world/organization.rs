//! The accounts of the organization.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::describe_account::{DescribeAccountError, DescribeAccountOutput};
use aws_sdk_organizations::types::{Account, AccountState};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use aws_smithy_types::error::ErrorMetadata;

use super::World;

/// An account that has left the organization.
const LEFT: &str = "999999999999";

impl World {
    pub(super) fn organization(&self) -> Vec<Rule> {
        let world = self.clone();
        let describe = mock!(Client::describe_account).then_compute_response(move |describe| {
            let id = describe.account_id().unwrap();
            if id == LEFT {
                let missing = ErrorMetadata::builder().code("AccountNotFoundException").build();
                return MockResponse::Error(DescribeAccountError::generic(missing));
            }
            let is_inactive = world.state().inactive.contains(id);
            let state = if is_inactive { AccountState::Suspended } else { AccountState::Active };
            let account = Account::builder().id(id).state(state).build();
            MockResponse::Output(DescribeAccountOutput::builder().account(account).build())
        });
        vec![describe]
    }
}
