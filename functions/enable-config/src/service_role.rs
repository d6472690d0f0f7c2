//! The service-linked role that AWS Config records with; one for all regions.

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use time::OffsetDateTime;
use vending_core::{AccountId, StepError};
use vending_runtime::{error_code, from_sdk, settling};

pub(crate) const NAME: &str = "AWSServiceRoleForConfig";

const SERVICE: &str = "config.amazonaws.com";

pub(crate) fn arn(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:role/aws-service-role/{SERVICE}/{NAME}")
}

/// Whether the role had to be created.
pub(crate) async fn ensure(iam: &Client, ready_by: OffsetDateTime) -> Result<bool, StepError> {
    match iam.get_role().role_name(NAME).send().await {
        Ok(_) => return Ok(false),
        Err(error) if error_code(&error) == Some("NoSuchEntity") => {}
        Err(error) => {
            let failed = from_sdk(&format!("read the role {NAME}"), &error);
            return Err(settling(failed, ready_by));
        }
    }
    let create = iam.create_service_linked_role();
    match create.aws_service_name(SERVICE).send().await {
        Ok(_) => Ok(true),
        Err(error) if exists(&error) => Ok(false),
        Err(error) => {
            let failed = from_sdk(&format!("create the role {NAME}"), &error);
            Err(settling(failed, ready_by))
        }
    }
}

/// CreateServiceLinkedRole has no error of its own for a role that is already there: AWS answers `InvalidInput`;
/// moto answers the error of CreateRole.
fn exists<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let message = error.as_service_error().and_then(|error| error.message());
    match error_code(error) {
        Some("InvalidInput") => message.is_some_and(|text| text.contains("has been taken")),
        code => code == Some("EntityAlreadyExists"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_sdk_iam::operation::create_service_linked_role::CreateServiceLinkedRoleOutput;
    use aws_sdk_iam::operation::get_role::GetRoleOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_runtime_api::http::Response;
    use aws_smithy_types::body::SdkBody;
    use time::Duration;
    use vending_core::ErrorCode;

    use super::*;

    fn refusal(code: &str, message: &str) -> Response {
        let body =
            format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>");
        Response::new(400.try_into().unwrap(), SdkBody::from(body))
    }

    pub(crate) fn found() -> Rule {
        mock!(Client::get_role)
            .match_requests(|request| request.role_name() == Some(NAME))
            .then_output(|| GetRoleOutput::builder().build())
    }

    pub(crate) fn missing() -> Rule {
        mock!(Client::get_role).then_http_response(|| refusal("NoSuchEntity", "no"))
    }

    pub(crate) fn created() -> Rule {
        mock!(Client::create_service_linked_role)
            .match_requests(|request| request.aws_service_name() == Some(SERVICE))
            .then_output(|| CreateServiceLinkedRoleOutput::builder().build())
    }

    fn creation_refused(code: &'static str, message: &'static str) -> Rule {
        mock!(Client::create_service_linked_role).then_http_response(move || refusal(code, message))
    }

    async fn run(age: Duration, rules: &[&Rule]) -> Result<bool, ErrorCode> {
        let iam = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
        let ready_by = vending_core::ready_by(OffsetDateTime::now_utc() - age);
        let created = ensure(&iam, ready_by).await;
        for (index, rule) in rules.iter().enumerate() {
            assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
        }
        created.map_err(|error| error.code())
    }

    #[tokio::test]
    async fn a_role_that_is_there_is_only_read() {
        assert_eq!(run(Duration::ZERO, &[&found()]).await, Ok(false));
    }

    #[tokio::test]
    async fn a_missing_role_is_created() {
        assert_eq!(run(Duration::ZERO, &[&missing(), &created()]).await, Ok(true));
    }

    #[tokio::test]
    async fn a_role_that_was_created_meanwhile_is_a_success() {
        let message = "Service role name AWSServiceRoleForConfig has been taken in this account";
        let taken = creation_refused("InvalidInput", message);
        assert_eq!(run(Duration::ZERO, &[&missing(), &taken]).await, Ok(false));
        let other = creation_refused("InvalidInput", "another input is wrong");
        let result = run(Duration::ZERO, &[&missing(), &other]).await;
        assert_eq!(result, Err(ErrorCode::Unexpected));
    }

    #[tokio::test]
    async fn a_denial_is_final_only_when_the_account_has_settled() {
        for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
            let denied = mock!(Client::get_role).then_http_response(|| refusal("AccessDenied", "no"));
            assert_eq!(run(age, &[&denied]).await, Err(expected));
            let denied = creation_refused("InvalidClientTokenId", "no");
            assert_eq!(run(age, &[&missing(), &denied]).await, Err(expected));
        }
    }
}
