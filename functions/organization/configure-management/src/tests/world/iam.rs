//! IAM.

use aws_sdk_iam::Client;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::operation::create_service_linked_role::{CreateServiceLinkedRoleError, CreateServiceLinkedRoleOutput};
use aws_sdk_iam::operation::get_account_summary::{GetAccountSummaryError, GetAccountSummaryOutput};
use aws_sdk_iam::operation::get_role::{GetRoleError, GetRoleOutput};
use aws_sdk_iam::types::SummaryKeyType;
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;

use super::World;

pub(super) fn client(world: &World) -> Client {
    let rules = [reads_summary(world), reads_role(world), creates_role(world)];
    let rules: Vec<&Rule> = rules.iter().collect();
    mock_client!(aws_sdk_iam, RuleMode::MatchAny, &rules, |config| config.retry_config(RetryConfig::disabled()))
}

fn reads_summary(world: &World) -> Rule {
    let world = world.clone();
    mock!(Client::get_account_summary).then_compute_response(move |_| {
        let mut state = world.state();
        if let Some(error) = state.read("GetAccountSummary") {
            return MockResponse::Error(GetAccountSummaryError::generic(error));
        }
        let (mfa, keys) = state.root_user;
        let summary = GetAccountSummaryOutput::builder()
            .summary_map(SummaryKeyType::AccountMfaEnabled, mfa)
            .summary_map(SummaryKeyType::AccountAccessKeysPresent, keys)
            .summary_map(SummaryKeyType::Users, 7);
        MockResponse::Output(summary.build())
    })
}

fn reads_role(world: &World) -> Rule {
    let world = world.clone();
    mock!(Client::get_role).then_compute_response(move |get| {
        assert_eq!(get.role_name(), Some("AWSServiceRoleForConfig"));
        if world.state().has_role {
            return MockResponse::Output(GetRoleOutput::builder().build());
        }
        MockResponse::Error(GetRoleError::generic(ErrorMetadata::builder().code("NoSuchEntity").build()))
    })
}

fn creates_role(world: &World) -> Rule {
    let world = world.clone();
    mock!(Client::create_service_linked_role).then_compute_response(move |create| {
        assert_eq!(create.aws_service_name(), Some("config.amazonaws.com"));
        let mut state = world.state();
        state.has_role = true;
        match state.write("CreateServiceLinkedRole", "") {
            Some(error) => MockResponse::Error(CreateServiceLinkedRoleError::generic(error)),
            None => MockResponse::Output(CreateServiceLinkedRoleOutput::builder().build()),
        }
    })
}
