//! Converges a trail in the account, for organizations without an organization trail.

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::error::SdkError;
use aws_sdk_cloudtrail::types::Trail;
use time::OffsetDateTime;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, Changes, Converged, error_code, retry_while_propagating, sdk_error};

const TRAIL_NAME: &str = "account-vending";

#[derive(Debug)]
pub struct AccountTrail {
    /// The CloudTrail client of the account in the home Region.
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) propagation_end: OffsetDateTime,
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
            Ok(output) => Ok(output.trail),
            Err(error) if error_code(&error) == Some("TrailNotFoundException") => Ok(None),
            Err(error) => Err(self.map_error("read", &error)),
        }
    }

    /// Starts logging without reading the status first: a new trail does not log.
    async fn create(&self) -> Result<(), StepError> {
        let create = self.client.create_trail().name(TRAIL_NAME);
        let created = create
            .s3_bucket_name(&self.bucket)
            .is_multi_region_trail(true)
            .include_global_service_events(true)
            .enable_log_file_validation(true)
            .send()
            .await;
        created.map_err(|error| self.map_error("create", &error))?;
        self.start_logging().await
    }

    async fn update(&self, trail: &Trail, changes: &Changes) -> Result<(), StepError> {
        let differences = differences(trail, &self.bucket);
        if !differences.is_empty() {
            let change = format!("the trail {TRAIL_NAME}: updated {}", differences.join(", "));
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
        updated.map_err(|error| self.map_error("update", &error))?;
        Ok(())
    }

    async fn is_logging(&self) -> Result<bool, StepError> {
        let got = self.client.get_trail_status().name(TRAIL_NAME).send().await;
        let status = got.map_err(|error| self.map_error("read the status of", &error))?;
        Ok(status.is_logging() == Some(true))
    }

    async fn start_logging(&self) -> Result<(), StepError> {
        let started = self.client.start_logging().name(TRAIL_NAME).send().await;
        started.map_err(|error| self.map_error("start the logging of", &error))?;
        Ok(())
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = sdk_error(&format!("{action} the trail {TRAIL_NAME}"), error);
        let failed = retry_while_propagating(failed, self.propagation_end);
        let misconfigured = |failed: StepError, remedy: String| {
            let failed = failed.with_code(ErrorCode::InvalidConfiguration);
            failed.with_remedy(format!("{remedy}; then send the same request again"))
        };
        let bucket = &self.bucket;
        match error_code(error) {
            Some("S3BucketDoesNotExistException" | "InvalidS3BucketNameException") => misconfigured(
                failed,
                format!(
                    "create the bucket {bucket}, or name the bucket to which the trails deliver in `trail.bucket` of the manifest"
                ),
            ),
            Some("InsufficientS3BucketPolicyException") => misconfigured(
                failed,
                format!(
                    "in the policy of the bucket {bucket}, allow cloudtrail.amazonaws.com to call s3:GetBucketAcl on the bucket and s3:PutObject on its AWSLogs/*, where aws:SourceOrgID is the ID of the organization"
                ),
            ),
            Some("InsufficientEncryptionPolicyException") => misconfigured(
                failed,
                format!(
                    "in the policies of the bucket {bucket} and of the KMS key that encrypts it, allow cloudtrail.amazonaws.com to call s3:PutObject, kms:GenerateDataKey*, and kms:DescribeKey"
                ),
            ),
            Some("MaximumNumberOfTrailsExceededException") => misconfigured(
                failed,
                "delete a trail of the account (AWS allows five in a Region), or set `trail.mode` of the manifest to `organization`"
                    .to_owned(),
            ),
            // An earlier call created the trail and its response was lost, or the trail has not propagated: retry.
            Some("TrailAlreadyExistsException" | "TrailNotFoundException") => failed.with_code(ErrorCode::NotReady),
            // Another change of the trail is in progress.
            Some("ConflictException") => failed.with_code(ErrorCode::ServiceUnavailable),
            _ => failed,
        }
    }
}

/// The settings of the trail that differ from the baseline.
fn differences(trail: &Trail, bucket: &str) -> Vec<&'static str> {
    let settings = [
        ("its bucket", trail.s3_bucket_name() == Some(bucket)),
        ("its Regions", trail.is_multi_region_trail() == Some(true)),
        ("its global events", trail.include_global_service_events() == Some(true)),
        ("its log file validation", trail.log_file_validation_enabled() == Some(true)),
    ];
    let different = settings.into_iter().filter(|(_, is_equal)| !is_equal);
    different.map(|(name, _)| name).collect()
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
        mock!(Client::get_trail).then_http_response(|| error_response("TrailNotFoundException"))
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

    fn error_response(code: &str) -> Response {
        let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
        Response::new(400.try_into().unwrap(), SdkBody::from(body))
    }

    /// The changes. Asserts that each rule is called once.
    async fn converge(age: Duration, rules: &[&Rule]) -> Result<Vec<String>, StepError> {
        converge_with(Changes::apply(), age, rules).await
    }

    async fn converge_with(changes: Changes, age: Duration, rules: &[&Rule]) -> Result<Vec<String>, StepError> {
        let trail = AccountTrail {
            client: mock_client!(aws_sdk_cloudtrail, RuleMode::Sequential, rules),
            bucket: BUCKET.to_owned(),
            propagation_end: vending_core::propagation_end(OffsetDateTime::now_utc() - age),
        };
        let converged = trail.converge(&changes).await;
        for (index, rule) in rules.iter().enumerate() {
            assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
        }
        converged.map(|converged| {
            assert_eq!(converged, Converged::new("the trail account-vending logs the account"));
            changes.into_names()
        })
    }

    #[tokio::test]
    async fn missing_trail_is_created_in_three_calls() {
        let changes = converge(Duration::ZERO, &[&no_trail(), &created(), &started()]).await.unwrap();
        assert_eq!(changes, ["created the trail account-vending and started its logging"]);
    }

    #[tokio::test]
    async fn logging_trail_is_only_read() {
        let rules = [&found(good_trail()), &logging(true)];
        assert!(converge(Duration::ZERO, &rules).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn trail_with_differences_is_updated() {
        let mut trail = good_trail();
        trail.s3_bucket_name = Some("other-bucket".to_owned());
        let rules = [&found(trail), &updated(), &logging(true)];
        let changes = converge(Duration::ZERO, &rules).await.unwrap();
        assert_eq!(changes, ["the trail account-vending: updated its bucket"]);
    }

    #[tokio::test]
    async fn stopped_trail_is_started() {
        let rules = [&found(good_trail()), &logging(false), &started()];
        let changes = converge(Duration::ZERO, &rules).await.unwrap();
        assert_eq!(changes, ["the trail account-vending: started its logging"]);
    }

    #[tokio::test]
    async fn plan_changes_nothing() {
        let planned = async |rules: &[&Rule]| converge_with(Changes::plan(), Duration::ZERO, rules).await.unwrap();
        assert_eq!(planned(&[&no_trail()]).await.len(), 1);
        assert_eq!(planned(&[&found(Trail::builder().build()), &logging(false)]).await.len(), 2);
    }

    #[tokio::test]
    async fn cloudtrail_errors_map_to_error_codes() {
        for (code, fresh, later) in [
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
            for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, later)] {
                let create = mock!(Client::create_trail).then_http_response(move || error_response(code));
                let error = converge(age, &[&no_trail(), &create]).await.unwrap_err();
                assert_eq!(error.code(), expected, "{code} at the age of {age}");
            }
        }
    }

    #[tokio::test]
    async fn bucket_error_remedy_names_the_bucket() {
        for code in [
            "InsufficientS3BucketPolicyException",
            "InsufficientEncryptionPolicyException",
            "S3BucketDoesNotExistException",
        ] {
            let create = mock!(Client::create_trail).then_http_response(move || error_response(code));
            let rules = [&no_trail(), &create];
            let error = converge(Duration::ZERO, &rules).await.unwrap_err();
            assert!(error.remedy().contains(BUCKET), "{}", error.remedy());
        }
    }

    #[tokio::test]
    async fn start_is_retried_until_trail_is_visible() {
        let start = mock!(Client::start_logging).then_http_response(|| error_response("TrailNotFoundException"));
        let rules = [&no_trail(), &created(), &start];
        let error = converge(Duration::ZERO, &rules).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotReady);
    }

    #[test]
    fn each_setting_is_compared() {
        let differences_after = |change: fn(&mut Trail)| {
            let mut trail = good_trail();
            change(&mut trail);
            differences(&trail, BUCKET)
        };
        assert_eq!(differences_after(|_| ()), [""; 0]);
        assert_eq!(differences_after(|trail| trail.s3_bucket_name = None), ["its bucket"]);
        assert_eq!(differences_after(|trail| trail.is_multi_region_trail = Some(false)), ["its Regions"]);
        assert_eq!(differences_after(|trail| trail.include_global_service_events = None), ["its global events"]);
        assert_eq!(
            differences_after(|trail| trail.log_file_validation_enabled = Some(false)),
            ["its log file validation"]
        );
    }
}
