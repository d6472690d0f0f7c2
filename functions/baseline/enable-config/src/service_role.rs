//! Creates the service-linked role of AWS Config.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Role;
use time::OffsetDateTime;
use vending_core::StepError;
use vending_iam::config_role::{self, NAME};
use vending_runtime::{Changes, WhilePropagating};

#[derive(Debug)]
pub struct ServiceRole {
    iam: Client,
}

impl ServiceRole {
    pub(crate) fn new(iam: Client) -> Self {
        Self { iam }
    }

    pub(crate) async fn converge(&self, propagation_end: OffsetDateTime, changes: &Changes) -> Result<(), StepError> {
        changes.part(NAME, async |changes| self.read_and_create(propagation_end, &changes).await).await
    }

    async fn read_and_create(&self, propagation_end: OffsetDateTime, changes: &Changes) -> Result<(), StepError> {
        if !config_role::exists(&self.iam).await.retry_while_propagating(propagation_end)? {
            changes.make_confirmed(format!("created {NAME}"), self.create(propagation_end)).await?;
        }
        Ok(())
    }

    async fn create(&self, propagation_end: OffsetDateTime) -> Result<Option<Role>, StepError> {
        config_role::create(&self.iam).await.retry_while_propagating(propagation_end)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_sdk_iam::operation::create_service_linked_role::CreateServiceLinkedRoleOutput;
    use aws_sdk_iam::operation::get_role::GetRoleOutput;
    use aws_sdk_iam::primitives::DateTime;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_runtime_api::http::Response;
    use aws_smithy_types::body::SdkBody;
    use time::Duration;
    use vending_core::ErrorCode;

    use super::*;

    fn error_response(code: &str, message: &str) -> Response {
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
        mock!(Client::get_role).then_http_response(|| error_response("NoSuchEntity", "no"))
    }

    pub(crate) fn created() -> Rule {
        mock!(Client::create_service_linked_role)
            .match_requests(|request| request.aws_service_name() == Some(config_role::SERVICE))
            .then_output(|| {
                let role = Role::builder().path("/").role_name(NAME).role_id("AROA").arn("arn");
                let role = role.create_date(DateTime::from_secs(0)).build().unwrap();
                CreateServiceLinkedRoleOutput::builder().role(role).build()
            })
    }

    fn creation_fails(code: &'static str, message: &'static str) -> Rule {
        mock!(Client::create_service_linked_role).then_http_response(move || error_response(code, message))
    }

    fn role(rules: &[&Rule]) -> ServiceRole {
        ServiceRole::new(mock_client!(aws_sdk_iam, RuleMode::Sequential, rules))
    }

    fn propagation_end(age: Duration) -> OffsetDateTime {
        vending_core::propagation_end(OffsetDateTime::now_utc() - age)
    }

    fn assert_each_called_once(rules: &[&Rule]) {
        for (index, rule) in rules.iter().enumerate() {
            assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
        }
    }

    /// Whether the role was created. Asserts that each rule is called once.
    async fn run(age: Duration, rules: &[&Rule]) -> Result<bool, ErrorCode> {
        run_with(Changes::apply(), age, rules).await
    }

    async fn run_with(changes: Changes, age: Duration, rules: &[&Rule]) -> Result<bool, ErrorCode> {
        let converged = role(rules).converge(propagation_end(age), &changes).await;
        assert_each_called_once(rules);
        converged.map(|()| !changes.into_names().is_empty()).map_err(|error| error.code())
    }

    #[tokio::test]
    async fn existing_role_is_only_read() {
        assert_eq!(run(Duration::ZERO, &[&found()]).await, Ok(false));
    }

    #[tokio::test]
    async fn missing_role_is_created() {
        assert_eq!(run(Duration::ZERO, &[&missing(), &created()]).await, Ok(true));
    }

    #[tokio::test]
    async fn plan_does_not_create_the_role() {
        assert_eq!(run_with(Changes::plan(), Duration::ZERO, &[&missing()]).await, Ok(true));
    }

    async fn run_and_read_back(rules: &[&Rule]) {
        let (role, propagation_end) = (&role(rules), propagation_end(Duration::ZERO));
        let converge = |changes| async move { role.converge(propagation_end, &changes).await };
        Changes::apply_and_read_back(converge).await.unwrap();
        assert_each_called_once(rules);
    }

    #[tokio::test]
    async fn returned_role_is_not_read_back() {
        run_and_read_back(&[&found()]).await;
        run_and_read_back(&[&missing(), &created()]).await;
    }

    #[tokio::test]
    async fn role_that_was_not_returned_is_read_back() {
        let taken = creation_fails("InvalidInput", "the name has been taken in this account");
        run_and_read_back(&[&missing(), &taken, &found()]).await;
    }

    #[tokio::test]
    async fn concurrently_created_role_is_a_success() {
        let message = "Service role name AWSServiceRoleForConfig has been taken in this account";
        let taken = creation_fails("InvalidInput", message);
        run(Duration::ZERO, &[&missing(), &taken]).await.unwrap();
        let other = creation_fails("InvalidInput", "another input is wrong");
        let result = run(Duration::ZERO, &[&missing(), &other]).await;
        assert_eq!(result, Err(ErrorCode::Unexpected));
    }

    #[tokio::test]
    async fn access_denied_is_retried_while_propagating() {
        for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
            let denied = mock!(Client::get_role).then_http_response(|| error_response("AccessDenied", "no"));
            assert_eq!(run(age, &[&denied]).await, Err(expected));
            let denied = creation_fails("InvalidClientTokenId", "no");
            assert_eq!(run(age, &[&missing(), &denied]).await, Err(expected));
        }
    }
}
