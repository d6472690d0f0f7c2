//! Whether the account is in an organization, and in which.

use aws_sdk_organizations::error::SdkError;
use aws_sdk_organizations::types::OrganizationFeatureSet;
use vending_core::{AccountId, ErrorCode, StepError};
use vending_runtime::{AwsError, Context, error_code};

use crate::Organization;

/// The organization that the account is in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DescribedOrganization {
    pub id: String,
    pub management_account: AccountId,
    /// Whether it has all features, and not only consolidated billing.
    pub has_all_features: bool,
}

impl Organization {
    /// The organization, or `None` if the account is in none.
    pub async fn describe_organization(&self) -> Result<Option<DescribedOrganization>, StepError> {
        let described = self.client.describe_organization().send().await;
        let Some(described) = if_in_organization(described, "describe the organization")? else { return Ok(None) };
        let described = described.organization.and_then(|organization| {
            Some(DescribedOrganization {
                id: organization.id?,
                management_account: organization.master_account_id?.parse().ok()?,
                has_all_features: organization.feature_set != Some(OrganizationFeatureSet::ConsolidatedBilling),
            })
        });
        match described {
            Some(described) => Ok(Some(described)),
            None => Err(StepError::new(ErrorCode::ServiceUnavailable, "AWS returned no organization")),
        }
    }
}

/// The output of a call, or `None` if AWS rejects the call because the account is in no organization. `action` completes
/// "could not …".
pub(crate) fn if_in_organization<T, E: AwsError>(
    result: Result<T, SdkError<E>>,
    action: &str,
) -> Result<Option<T>, StepError> {
    match result {
        Err(error) if error_code(&error) == Some("AWSOrganizationsNotInUseException") => Ok(None),
        result => result.context(action).map(Some),
    }
}

/// The error of a caller that needs an organization.
pub(crate) fn no_organization() -> StepError {
    let error = StepError::new(ErrorCode::InvalidConfiguration, "the account of the stack is in no organization");
    error.with_remedy("create the organization: plan and apply its manifest with `vend organization`")
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::Client;
    use aws_sdk_organizations::operation::describe_organization::{
        DescribeOrganizationError, DescribeOrganizationOutput,
    };
    use aws_sdk_organizations::operation::list_aws_service_access_for_organization::ListAWSServiceAccessForOrganizationError;
    use aws_sdk_organizations::operation::list_roots::{ListRootsError, ListRootsOutput};
    use aws_sdk_organizations::types::error::ConstraintViolationException;
    use aws_sdk_organizations::types::{self, ConstraintViolationExceptionReason, Root};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn organization(rules: &[&Rule]) -> Organization {
        Organization::new(mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules))
    }

    fn meta(code: &str) -> ErrorMetadata {
        ErrorMetadata::builder().code(code).build()
    }

    const NOT_IN_USE: &str = "AWSOrganizationsNotInUseException";

    async fn described(own: types::builders::OrganizationBuilder) -> Result<Option<DescribedOrganization>, StepError> {
        let own = own.build();
        let describes = mock!(Client::describe_organization)
            .then_output(move || DescribeOrganizationOutput::builder().organization(own.clone()).build());
        organization(&[&describes]).describe_organization().await
    }

    #[tokio::test]
    async fn organization_has_its_features() {
        let own = || types::Organization::builder().id("o-exampleorgid").master_account_id("123456789012");
        for (features, has_all) in
            [(OrganizationFeatureSet::All, true), (OrganizationFeatureSet::ConsolidatedBilling, false)]
        {
            let found = described(own().feature_set(features)).await.unwrap().unwrap();
            assert_eq!((found.id.as_str(), found.has_all_features), ("o-exampleorgid", has_all));
            assert_eq!(found.management_account.as_str(), "123456789012");
        }
        let incomplete = described(types::Organization::builder()).await.unwrap_err();
        assert_eq!(incomplete.code(), ErrorCode::ServiceUnavailable);
    }

    #[tokio::test]
    async fn only_one_error_means_no_organization() {
        for (code, expected) in [
            (NOT_IN_USE, Ok(None)),
            ("AccessDeniedException", Err(ErrorCode::AccessDenied)),
            ("TooManyRequestsException", Err(ErrorCode::Throttled)),
        ] {
            let fails =
                mock!(Client::describe_organization).then_error(move || DescribeOrganizationError::generic(meta(code)));
            let found = organization(&[&fails]).describe_organization().await;
            assert_eq!(found.map_err(|error| error.code()), expected, "{code}");
        }
    }

    #[tokio::test]
    async fn missing_root_is_read_again() {
        let without = || mock!(Client::list_roots).then_error(|| ListRootsError::generic(meta(NOT_IN_USE)));
        let root = mock!(Client::list_roots)
            .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-1").build()).build());
        let organization = organization(&[&without(), &without(), &root]);
        assert_eq!(organization.find_root_id().await.unwrap(), None);
        assert_eq!(organization.root_id().await.unwrap_err().code(), ErrorCode::InvalidConfiguration);
        assert_eq!(organization.find_root_id().await.unwrap(), "r-1".parse().ok());
    }

    #[tokio::test]
    async fn trusted_services_need_all_features() {
        for (reason, expected) in [
            (ConstraintViolationExceptionReason::OrganizationNotInAllFeaturesMode, Ok(None)),
            (ConstraintViolationExceptionReason::WaitPeriodActive, Err(ErrorCode::Unexpected)),
        ] {
            let fails = mock!(Client::list_aws_service_access_for_organization).then_error(move || {
                let violation = ConstraintViolationException::builder().reason(reason.clone()).build();
                ListAWSServiceAccessForOrganizationError::ConstraintViolationException(violation)
            });
            let found = organization(&[&fails]).trusted_services().await;
            assert_eq!(found.map_err(|error| error.code()), expected);
        }
        let fails = mock!(Client::list_aws_service_access_for_organization)
            .then_error(|| ListAWSServiceAccessForOrganizationError::generic(meta(NOT_IN_USE)));
        assert_eq!(organization(&[&fails]).trusted_services().await.unwrap(), None);
    }
}
