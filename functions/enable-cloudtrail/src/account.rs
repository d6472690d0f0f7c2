//! A trail of the account's own, for an organization that has no organization trail.

use std::error::Error;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudtrail::types::Trail;
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{Changes, Converged, error_code, from_sdk, settling};

/// What this step does in the account.
pub const SESSION_ACTIONS: &[&str] = &[
    "cloudtrail:CreateTrail",
    "cloudtrail:GetTrail",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:StartLogging",
    "cloudtrail:UpdateTrail",
];

const TRAIL_NAME: &str = "account-vending";

#[derive(Debug)]
pub struct AccountTrail {
    /// Of the account, in the home region.
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) ready_by: OffsetDateTime,
}

impl AccountTrail {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Converged, StepError> {
        match self.find().await? {
            None => {
                let change = format!("created the trail {TRAIL_NAME} and started its logging");
                changes.make(change, self.create()).await?;
            }
            Some(trail) => self.update(&trail, changes).await?,
        }
        Ok(Converged::new(format!("the trail {TRAIL_NAME} logs the account")))
    }

    async fn find(&self) -> Result<Option<Trail>, StepError> {
        match self.client.get_trail().name(TRAIL_NAME).send().await {
            Ok(answer) => Ok(answer.trail),
            Err(error) if error_code(&error) == Some("TrailNotFoundException") => Ok(None),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    /// A new trail does not log: it is started without a look at its status.
    async fn create(&self) -> Result<(), StepError> {
        let create = self.client.create_trail().name(TRAIL_NAME);
        let created = create
            .s3_bucket_name(&self.bucket)
            .is_multi_region_trail(true)
            .include_global_service_events(true)
            .enable_log_file_validation(true)
            .send()
            .await;
        created.map_err(|error| self.failed("create", &error))?;
        self.start_logging().await
    }

    async fn update(&self, trail: &Trail, changes: &Changes) -> Result<(), StepError> {
        let differences = differences(trail, &self.bucket);
        if !differences.is_empty() {
            let change = format!("the trail {TRAIL_NAME}: corrected {}", differences.join(", "));
            changes.make(change, self.put_settings()).await?;
        }
        if !self.is_logging().await? {
            changes.make(format!("the trail {TRAIL_NAME}: started its logging"), self.start_logging()).await?;
        }
        Ok(())
    }

    async fn put_settings(&self) -> Result<(), StepError> {
        let update = self.client.update_trail().name(TRAIL_NAME);
        let updated = update
            .s3_bucket_name(&self.bucket)
            .is_multi_region_trail(true)
            .include_global_service_events(true)
            .enable_log_file_validation(true)
            .send()
            .await;
        updated.map_err(|error| self.failed("correct", &error))?;
        Ok(())
    }

    async fn is_logging(&self) -> Result<bool, StepError> {
        let got = self.client.get_trail_status().name(TRAIL_NAME).send().await;
        let status = got.map_err(|error| self.failed("read the status of", &error))?;
        Ok(status.is_logging() == Some(true))
    }

    async fn start_logging(&self) -> Result<(), StepError> {
        let started = self.client.start_logging().name(TRAIL_NAME).send().await;
        started.map_err(|error| self.failed("start the logging of", &error))?;
        Ok(())
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(&format!("{doing} the trail {TRAIL_NAME}"), error);
        let failed = settling(failed, self.ready_by);
        let misconfigured = |failed: StepError, remedy: String| {
            let failed = failed.with_code(ErrorCode::InvalidConfiguration);
            failed.with_remedy(format!("{remedy}; then send the same request again"))
        };
        let bucket = &self.bucket;
        match error_code(error) {
            Some("S3BucketDoesNotExistException" | "InvalidS3BucketNameException") => misconfigured(
                failed,
                format!("create the bucket {bucket}, or set TRAIL_BUCKET_NAME to the one that the trails deliver to"),
            ),
            Some("InsufficientS3BucketPolicyException") => misconfigured(
                failed,
                format!(
                    "let the policy of the bucket {bucket} allow cloudtrail.amazonaws.com s3:GetBucketAcl on the bucket and s3:PutObject on its AWSLogs/*, where aws:SourceOrgID is the organization"
                ),
            ),
            Some("InsufficientEncryptionPolicyException") => misconfigured(
                failed,
                format!(
                    "let the policies of the bucket {bucket} and of the KMS key that encrypts it allow cloudtrail.amazonaws.com s3:PutObject, kms:GenerateDataKey* and kms:DescribeKey"
                ),
            ),
            Some("MaximumNumberOfTrailsExceededException") => misconfigured(
                failed,
                "delete a trail of the account (AWS allows five in a region), or set TRAIL_MODE to organization"
                    .to_owned(),
            ),
            // Made by a call whose answer was lost, or not visible everywhere yet: look again.
            Some("TrailAlreadyExistsException" | "TrailNotFoundException") => failed.with_code(ErrorCode::NotReady),
            // Another change of the same trail is under way.
            Some("ConflictException") => failed.with_code(ErrorCode::ServiceUnavailable),
            _ => failed,
        }
    }
}

/// What the trail has otherwise than it should; any of it would leave events out of the log archive or unproven.
fn differences(trail: &Trail, bucket: &str) -> Vec<&'static str> {
    let settings = [
        ("its bucket", trail.s3_bucket_name() == Some(bucket)),
        ("its regions", trail.is_multi_region_trail() == Some(true)),
        ("its global events", trail.include_global_service_events() == Some(true)),
        ("its log file validation", trail.log_file_validation_enabled() == Some(true)),
    ];
    let wrong = settings.into_iter().filter(|(_, right)| !right);
    wrong.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::operation::create_trail::CreateTrailOutput;
    use aws_sdk_cloudtrail::operation::get_trail::GetTrailOutput;
    use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
    use aws_sdk_cloudtrail::operation::start_logging::StartLoggingOutput;
    use aws_sdk_cloudtrail::operation::update_trail::UpdateTrailOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_runtime_api::http::Response;
    use aws_smithy_types::body::SdkBody;
    use time::Duration;

    use super::*;

    const BUCKET: &str = "log-archive";

    fn good_trail() -> Trail {
        Trail::builder()
            .s3_bucket_name(BUCKET)
            .is_multi_region_trail(true)
            .include_global_service_events(true)
            .log_file_validation_enabled(true)
            .build()
    }

    fn found(trail: Trail) -> Rule {
        mock!(Client::get_trail)
            .match_requests(|request| request.name() == Some(TRAIL_NAME))
            .then_output(move || GetTrailOutput::builder().trail(trail.clone()).build())
    }

    fn no_trail() -> Rule {
        mock!(Client::get_trail).then_http_response(|| refusal("TrailNotFoundException"))
    }

    fn created() -> Rule {
        mock!(Client::create_trail)
            .match_requests(|request| {
                request.s3_bucket_name() == Some(BUCKET)
                    && request.is_multi_region_trail() == Some(true)
                    && request.include_global_service_events() == Some(true)
                    && request.enable_log_file_validation() == Some(true)
            })
            .then_output(|| CreateTrailOutput::builder().build())
    }

    fn updated() -> Rule {
        mock!(Client::update_trail)
            .match_requests(|request| {
                request.s3_bucket_name() == Some(BUCKET)
                    && request.is_multi_region_trail() == Some(true)
                    && request.include_global_service_events() == Some(true)
                    && request.enable_log_file_validation() == Some(true)
            })
            .then_output(|| UpdateTrailOutput::builder().build())
    }

    fn logging(is_logging: bool) -> Rule {
        mock!(Client::get_trail_status)
            .then_output(move || GetTrailStatusOutput::builder().is_logging(is_logging).build())
    }

    fn started() -> Rule {
        mock!(Client::start_logging).then_output(|| StartLoggingOutput::builder().build())
    }

    fn refusal(code: &str) -> Response {
        let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
        Response::new(400.try_into().unwrap(), SdkBody::from(body))
    }

    /// What was changed. Every rule is called once, in order, and nothing else is called.
    async fn converge(age: Duration, rules: &[&Rule]) -> Result<Vec<String>, StepError> {
        converge_with(Changes::to_make(), age, rules).await
    }

    async fn converge_with(changes: Changes, age: Duration, rules: &[&Rule]) -> Result<Vec<String>, StepError> {
        let trail = AccountTrail {
            client: mock_client!(aws_sdk_cloudtrail, RuleMode::Sequential, rules),
            bucket: BUCKET.to_owned(),
            ready_by: vending_core::ready_by(OffsetDateTime::now_utc() - age),
        };
        let converged = trail.converge(&changes).await;
        for (index, rule) in rules.iter().enumerate() {
            assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
        }
        converged.map(|converged| {
            assert_eq!(converged, Converged::new("the trail account-vending logs the account"));
            changes.into_list()
        })
    }

    #[tokio::test]
    async fn a_missing_trail_is_created_and_started_with_three_calls() {
        let changes = converge(Duration::ZERO, &[&no_trail(), &created(), &started()]).await.unwrap();
        assert_eq!(changes, ["created the trail account-vending and started its logging"]);
    }

    #[tokio::test]
    async fn a_trail_that_logs_is_only_read() {
        let rules = [&found(good_trail()), &logging(true)];
        assert!(converge(Duration::ZERO, &rules).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_trail_that_differs_is_corrected() {
        let mut trail = good_trail();
        trail.s3_bucket_name = Some("elsewhere".to_owned());
        let rules = [&found(trail), &updated(), &logging(true)];
        let changes = converge(Duration::ZERO, &rules).await.unwrap();
        assert_eq!(changes, ["the trail account-vending: corrected its bucket"]);
    }

    #[tokio::test]
    async fn a_stopped_trail_is_started() {
        let rules = [&found(good_trail()), &logging(false), &started()];
        let changes = converge(Duration::ZERO, &rules).await.unwrap();
        assert_eq!(changes, ["the trail account-vending: started its logging"]);
    }

    #[tokio::test]
    async fn a_look_alone_changes_nothing() {
        let look = async |rules: &[&Rule]| converge_with(Changes::to_list(), Duration::ZERO, rules).await.unwrap();
        assert_eq!(look(&[&no_trail()]).await.len(), 1);
        assert_eq!(look(&[&found(Trail::builder().build()), &logging(false)]).await.len(), 2);
    }

    #[tokio::test]
    async fn what_cloudtrail_refuses_is_mapped_to_a_decision() {
        for (code, fresh, settled) in [
            ("InsufficientS3BucketPolicyException", ErrorCode::InvalidConfiguration, ErrorCode::InvalidConfiguration),
            ("InsufficientEncryptionPolicyException", ErrorCode::InvalidConfiguration, ErrorCode::InvalidConfiguration),
            ("S3BucketDoesNotExistException", ErrorCode::InvalidConfiguration, ErrorCode::InvalidConfiguration),
            ("InvalidS3BucketNameException", ErrorCode::InvalidConfiguration, ErrorCode::InvalidConfiguration),
            (
                "MaximumNumberOfTrailsExceededException",
                ErrorCode::InvalidConfiguration,
                ErrorCode::InvalidConfiguration,
            ),
            ("TrailAlreadyExistsException", ErrorCode::NotReady, ErrorCode::NotReady),
            ("ConflictException", ErrorCode::ServiceUnavailable, ErrorCode::ServiceUnavailable),
            ("CloudTrailInvalidClientTokenIdException", ErrorCode::NotReady, ErrorCode::AccessDenied),
            ("AccessDeniedException", ErrorCode::NotReady, ErrorCode::AccessDenied),
            ("SomethingNew", ErrorCode::Unexpected, ErrorCode::Unexpected),
        ] {
            for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, settled)] {
                let create = mock!(Client::create_trail).then_http_response(move || refusal(code));
                let error = converge(age, &[&no_trail(), &create]).await.unwrap_err();
                assert_eq!(error.code(), expected, "{code} at the age of {age}");
            }
        }
    }

    #[tokio::test]
    async fn a_refused_bucket_is_named_in_the_remedy() {
        for code in [
            "InsufficientS3BucketPolicyException",
            "InsufficientEncryptionPolicyException",
            "S3BucketDoesNotExistException",
        ] {
            let create = mock!(Client::create_trail).then_http_response(move || refusal(code));
            let rules = [&no_trail(), &create];
            let error = converge(Duration::ZERO, &rules).await.unwrap_err();
            assert!(error.remedy().contains(BUCKET), "{}", error.remedy());
        }
    }

    #[tokio::test]
    async fn a_new_trail_that_is_not_visible_yet_is_started_later() {
        let start = mock!(Client::start_logging).then_http_response(|| refusal("TrailNotFoundException"));
        let rules = [&no_trail(), &created(), &start];
        let error = converge(Duration::ZERO, &rules).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotReady);
    }

    #[test]
    fn each_setting_is_compared() {
        let of = |change: fn(&mut Trail)| {
            let mut trail = good_trail();
            change(&mut trail);
            differences(&trail, BUCKET)
        };
        assert_eq!(of(|_| ()), [""; 0]);
        assert_eq!(of(|trail| trail.s3_bucket_name = None), ["its bucket"]);
        assert_eq!(of(|trail| trail.is_multi_region_trail = Some(false)), ["its regions"]);
        assert_eq!(of(|trail| trail.include_global_service_events = None), ["its global events"]);
        assert_eq!(of(|trail| trail.log_file_validation_enabled = Some(false)), ["its log file validation"]);
    }
}
