//! An account, and the organization that it may be in.

use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::accept_handshake::{AcceptHandshakeError, AcceptHandshakeOutput};
use aws_sdk_organizations::operation::create_organization::CreateOrganizationOutput;
use aws_sdk_organizations::operation::describe_organization::{DescribeOrganizationError, DescribeOrganizationOutput};
use aws_sdk_organizations::operation::enable_all_features::EnableAllFeaturesOutput;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_handshakes_for_organization::ListHandshakesForOrganizationOutput;
use aws_sdk_organizations::types::error::HandshakeAlreadyInStateException;
use aws_sdk_organizations::types::{self, Account, Handshake};
use aws_sdk_servicequotas::operation::list_service_quotas::{ListServiceQuotasError, ListServiceQuotasOutput};
use aws_sdk_servicequotas::types::ServiceQuota;
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;

use super::*;

pub(super) const OWN: &str = "123456789012";

#[derive(Debug, Default)]
pub(super) struct State {
    /// The management account and the features of the organization.
    pub(super) organization: Option<(&'static str, OrganizationFeatureSet)>,
    /// The names of the accounts.
    pub(super) accounts: Vec<&'static str>,
    pub(super) handshakes: Vec<Handshake>,
    /// Those that the next request for all features opens.
    pub(super) requested: Vec<Handshake>,
    /// `None` if AWS denies to read it.
    pub(super) quota: Option<u32>,
    /// The calls that change something.
    pub(super) writes: Vec<String>,
    pub(super) account_lists: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct World(Arc<Mutex<State>>);

impl World {
    pub(super) fn without_organization() -> Self {
        let world = Self::default();
        world.state().quota = Some(10);
        world
    }

    pub(super) fn with(management_account: &'static str, features: OrganizationFeatureSet) -> Self {
        let world = Self::without_organization();
        world.state().organization = Some((management_account, features));
        world.state().accounts.push("management");
        world
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn writes(&self) -> Vec<String> {
        self.state().writes.clone()
    }

    pub(super) fn function(&self) -> CreateOrganization {
        self.function_with(&[])
    }

    /// With calls that take precedence.
    pub(super) fn function_with(&self, first: &[Rule]) -> CreateOrganization {
        let own = [
            self.describes(),
            self.creates(),
            self.enables(),
            self.lists_handshakes(),
            self.accepts(),
            self.lists_accounts(),
        ];
        let rules: Vec<&Rule> = first.iter().chain(&own).collect();
        CreateOrganization {
            organization: Organization::new(mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &rules)),
            quotas: AccountQuotas::new(mock_client!(
                aws_sdk_servicequotas,
                RuleMode::MatchAny,
                &[&self.lists_quotas()]
            )),
            account: OWN.parse().unwrap(),
        }
    }

    fn describes(&self) -> Rule {
        let world = self.clone();
        mock!(Client::describe_organization).then_compute_response(move |_| {
            let Some((management_account, features)) = world.state().organization.clone() else {
                let error = ErrorMetadata::builder().code("AWSOrganizationsNotInUseException").build();
                return MockResponse::Error(DescribeOrganizationError::generic(error));
            };
            let organization = types::Organization::builder().id("o-exampleorgid").feature_set(features);
            let organization = organization.master_account_id(management_account).build();
            MockResponse::Output(DescribeOrganizationOutput::builder().organization(organization).build())
        })
    }

    fn creates(&self) -> Rule {
        let world = self.clone();
        mock!(Client::create_organization).then_compute_output(move |create| {
            let mut state = world.state();
            let features = create.feature_set().unwrap().clone();
            state.writes.push(format!("create {}", features.as_str()));
            state.organization = Some((OWN, features));
            state.accounts.push("management");
            CreateOrganizationOutput::builder().build()
        })
    }

    fn enables(&self) -> Rule {
        let world = self.clone();
        mock!(Client::enable_all_features).then_compute_output(move |_| {
            let mut state = world.state();
            state.writes.push("enable".to_owned());
            let requested = std::mem::take(&mut state.requested);
            state.handshakes.extend(requested);
            EnableAllFeaturesOutput::builder().build()
        })
    }

    /// Each page has one handshake, and the first one is empty.
    fn lists_handshakes(&self) -> Rule {
        let world = self.clone();
        mock!(Client::list_handshakes_for_organization).then_compute_output(move |list| {
            let page: usize = list.next_token().map_or(0, |token| token.parse().unwrap());
            let handshakes = world.state().handshakes.clone();
            let next = (page < handshakes.len()).then(|| (page + 1).to_string());
            let shown = handshakes.into_iter().skip(page.wrapping_sub(1)).take(usize::from(page > 0)).collect();
            let listed = ListHandshakesForOrganizationOutput::builder().set_handshakes(Some(shown));
            listed.set_next_token(next).build()
        })
    }

    fn accepts(&self) -> Rule {
        let world = self.clone();
        mock!(Client::accept_handshake).then_compute_response(move |accept| {
            let mut state = world.state();
            state.writes.push(format!("accept {}", accept.handshake_id().unwrap()));
            if state.organization == Some((OWN, OrganizationFeatureSet::All)) {
                let error = HandshakeAlreadyInStateException::builder().build();
                return MockResponse::Error(AcceptHandshakeError::HandshakeAlreadyInStateException(error));
            }
            state.organization = Some((OWN, OrganizationFeatureSet::All));
            MockResponse::Output(AcceptHandshakeOutput::builder().build())
        })
    }

    fn lists_accounts(&self) -> Rule {
        let world = self.clone();
        mock!(Client::list_accounts).then_compute_output(move |_| {
            let mut state = world.state();
            state.account_lists += 1;
            let account = |(index, name): (usize, &&str)| {
                let email = format!("{}@example.com", name.to_lowercase());
                Account::builder().id(format!("{index:012}")).name(*name).email(email).build()
            };
            let accounts = state.accounts.iter().enumerate().map(account).collect();
            ListAccountsOutput::builder().set_accounts(Some(accounts)).build()
        })
    }

    fn lists_quotas(&self) -> Rule {
        let world = self.clone();
        mock!(aws_sdk_servicequotas::Client::list_service_quotas).then_compute_response(move |list| {
            assert_eq!(list.service_code(), Some("organizations"));
            let Some(value) = world.state().quota else {
                let error = ErrorMetadata::builder().code("AccessDeniedException").build();
                return MockResponse::Error(ListServiceQuotasError::generic(error));
            };
            let quota = ServiceQuota::builder().quota_name("Default maximum number of accounts").value(value.into());
            MockResponse::Output(ListServiceQuotasOutput::builder().quotas(quota.build()).build())
        })
    }
}
