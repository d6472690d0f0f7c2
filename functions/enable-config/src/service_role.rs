//! The service-linked role that AWS Config records with; one for all regions.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use time::OffsetDateTime;
use vending_core::{AccountId, StepError};
use vending_runtime::{Changes, error_code, from_sdk, settling};

pub(crate) const NAME: &str = "AWSServiceRoleForConfig";

const SERVICE: &str = "config.amazonaws.com";

pub(crate) fn arn(account: &AccountId) -> String {
    format!("arn:aws:iam::{account}:role/aws-service-role/{SERVICE}/{NAME}")
}

#[derive(Debug)]
pub struct ServiceRole {
    iam: Client,
    /// Whether AWS has shown the role in this run, to a look or as it created it: then it is not asked for again when the
    /// run is read back.
    shown: AtomicBool,
}

impl ServiceRole {
    pub(crate) fn new(iam: Client) -> Self {
        Self { iam, shown: AtomicBool::new(false) }
    }

    pub(crate) async fn converge(&self, ready_by: OffsetDateTime, changes: &Changes) -> Result<(), StepError> {
        if self.shown.load(Ordering::Relaxed) {
            return Ok(());
        }
        match self.iam.get_role().role_name(NAME).send().await {
            Ok(_) => {
                self.shown.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) if error_code(&error) == Some("NoSuchEntity") => {
                changes.make(format!("created {NAME}"), self.create(ready_by)).await
            }
            Err(error) => {
                let failed = from_sdk(&format!("read the role {NAME}"), &error);
                Err(settling(failed, ready_by))
            }
        }
    }

    async fn create(&self, ready_by: OffsetDateTime) -> Result<(), StepError> {
        let create = self.iam.create_service_linked_role();
        match create.aws_service_name(SERVICE).send().await {
            Ok(created) => {
                self.shown.store(created.role.is_some(), Ordering::Relaxed);
                Ok(())
            }
            Err(error) if exists(&error) => Ok(()),
            Err(error) => {
                let failed = from_sdk(&format!("create the role {NAME}"), &error);
                Err(settling(failed, ready_by))
            }
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
    use aws_sdk_iam::primitives::DateTime;
    use aws_sdk_iam::types::Role;
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
            .then_output(|| {
                let role = Role::builder().path("/").role_name(NAME).role_id("AROA").arn("arn");
                let role = role.create_date(DateTime::from_secs(0)).build().unwrap();
                CreateServiceLinkedRoleOutput::builder().role(role).build()
            })
    }

    fn creation_refused(code: &'static str, message: &'static str) -> Rule {
        mock!(Client::create_service_linked_role).then_http_response(move || refusal(code, message))
    }

    fn role(rules: &[&Rule]) -> ServiceRole {
        ServiceRole::new(mock_client!(aws_sdk_iam, RuleMode::Sequential, rules))
    }

    fn ready_by(age: Duration) -> OffsetDateTime {
        vending_core::ready_by(OffsetDateTime::now_utc() - age)
    }

    fn assert_each_called_once(rules: &[&Rule]) {
        for (index, rule) in rules.iter().enumerate() {
            assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
        }
    }

    /// Whether the role was created. Every rule is called once, in order, and nothing else is called.
    async fn run(age: Duration, rules: &[&Rule]) -> Result<bool, ErrorCode> {
        run_with(Changes::to_make(), age, rules).await
    }

    async fn run_with(changes: Changes, age: Duration, rules: &[&Rule]) -> Result<bool, ErrorCode> {
        let converged = role(rules).converge(ready_by(age), &changes).await;
        assert_each_called_once(rules);
        converged.map(|()| !changes.into_list().is_empty()).map_err(|error| error.code())
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
    async fn a_missing_role_is_only_listed_by_a_look() {
        assert_eq!(run_with(Changes::to_list(), Duration::ZERO, &[&missing()]).await, Ok(true));
    }

    async fn run_and_read_back(rules: &[&Rule]) {
        let (role, ready_by) = (role(rules), ready_by(Duration::ZERO));
        role.converge(ready_by, &Changes::to_make()).await.unwrap();
        let differences = Changes::to_list();
        role.converge(ready_by, &differences).await.unwrap();
        assert!(differences.into_list().is_empty());
        assert_each_called_once(rules);
    }

    #[tokio::test]
    async fn a_role_that_aws_has_shown_is_not_read_back() {
        run_and_read_back(&[&found()]).await;
        run_and_read_back(&[&missing(), &created()]).await;
    }

    #[tokio::test]
    async fn a_role_that_aws_has_not_shown_is_read_back() {
        let taken = creation_refused("InvalidInput", "the name has been taken in this account");
        run_and_read_back(&[&missing(), &taken, &found()]).await;
    }

    #[tokio::test]
    async fn a_role_that_was_created_meanwhile_is_a_success() {
        let message = "Service role name AWSServiceRoleForConfig has been taken in this account";
        let taken = creation_refused("InvalidInput", message);
        run(Duration::ZERO, &[&missing(), &taken]).await.unwrap();
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
