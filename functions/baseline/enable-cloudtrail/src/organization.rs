//! Checks that the organization trail logs the account. It changes nothing.

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::error::SdkError;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::types::Trail;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, Converged, error_code, sdk_error};

#[derive(Clone, Debug)]
pub struct OrganizationTrail {
    /// The CloudTrail client of the management account.
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// A reason why the trail does not log the account, and its remedy.
#[derive(Debug, Eq, PartialEq)]
struct Gap {
    what: String,
    remedy: &'static str,
}

impl OrganizationTrail {
    pub(crate) async fn verify(&self, governed_regions: &[String]) -> Result<Converged, StepError> {
        let trail = self.trail().await?;
        let status = self.status().await?;
        let gaps = gaps(&trail, &status, governed_regions);
        if gaps.is_empty() {
            return Ok(Converged::new(format!(
                "the organization trail {} logs the account, as it does every member account since its creation",
                self.name
            )));
        }
        Err(self.not_logging(&gaps))
    }

    async fn trail(&self) -> Result<Trail, StepError> {
        let got = self.client.get_trail().name(&self.name).send().await;
        let trail = got.map_err(|error| self.map_error("read", &error))?.trail;
        trail.ok_or_else(|| {
            let message = format!("CloudTrail returned no organization trail {}", self.name);
            StepError::new(ErrorCode::Unexpected, message)
        })
    }

    async fn status(&self) -> Result<GetTrailStatusOutput, StepError> {
        let got = self.client.get_trail_status().name(&self.name).send().await;
        got.map_err(|error| self.map_error("read the status of", &error))
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = sdk_error(&format!("{action} the organization trail {}", self.name), error);
        match error_code(error) {
            Some(
                "TrailNotFoundException"
                | "InvalidTrailNameException"
                | "CloudTrailARNInvalidException",
            ) => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "set `trail.name` of the manifest to the organization trail of the management account (to its ARN if its home Region is another one), or `trail.mode` to `account`; then send the same request again",
            ),
            _ => failed,
        }
    }

    fn not_logging(&self, gaps: &[Gap]) -> StepError {
        let listed = |field: fn(&Gap) -> &str| gaps.iter().map(field).collect::<Vec<_>>().join("; ");
        let what = listed(|gap| &gap.what);
        let message = format!("the organization trail {} does not log the account: {what}", self.name);
        let remedies = listed(|gap| gap.remedy);
        StepError::new(ErrorCode::InvalidConfiguration, message)
            .with_remedy(format!("in the management account: {remedies}; then send the same request again"))
    }
}

fn gaps(trail: &Trail, status: &GetTrailStatusOutput, governed_regions: &[String]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut gap = |what: String, remedy| gaps.push(Gap { what, remedy });
    if trail.is_organization_trail() != Some(true) {
        gap("it is not an organization trail".to_owned(), "convert it to an organization trail");
    }
    if status.is_logging() != Some(true) {
        gap("it does not log".to_owned(), "start its logging");
    }
    if let Some(region) = uncovered_region(trail, governed_regions) {
        gap(format!("it does not log {region}"), "convert it to a multi-Region trail");
    }
    if let Some(error) = status.latest_delivery_error().filter(|error| !error.is_empty()) {
        gap(format!("its last delivery failed with {error}"), "fix the policies of its bucket and of its KMS key");
    }
    gaps
}

fn uncovered_region<'a>(trail: &Trail, governed_regions: &'a [String]) -> Option<&'a String> {
    let logged = |region: &String| trail.is_multi_region_trail() == Some(true) || trail.home_region() == Some(region);
    governed_regions.iter().find(|region| !logged(region))
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::operation::get_trail::GetTrailOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use aws_smithy_runtime_api::http::Response;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn good_trail() -> Trail {
        Trail::builder().is_organization_trail(true).is_multi_region_trail(true).home_region("us-east-1").build()
    }

    fn good_status() -> GetTrailStatusOutput {
        GetTrailStatusOutput::builder().is_logging(true).build()
    }

    fn regions(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    async fn verify(rules: &[&Rule]) -> Result<Converged, StepError> {
        let trail = OrganizationTrail {
            client: mock_client!(aws_sdk_cloudtrail, RuleMode::Sequential, rules),
            name: "organization".to_owned(),
        };
        trail.verify(&regions(&["us-east-1", "eu-west-1"])).await
    }

    fn returns(trail: Trail) -> Rule {
        mock!(Client::get_trail)
            .match_requests(|request| request.name() == Some("organization"))
            .then_output(move || GetTrailOutput::builder().trail(trail.clone()).build())
    }

    fn error_response(code: &str) -> Response {
        let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
        Response::new(400.try_into().unwrap(), SdkBody::from(body))
    }

    #[tokio::test]
    async fn logging_trail_takes_two_calls() {
        let status = mock!(Client::get_trail_status).then_output(good_status);
        let converged = verify(&[&returns(good_trail()), &status]).await.unwrap();
        let found =
            "the organization trail organization logs the account, as it does every member account since its creation";
        assert_eq!(converged, Converged::new(found));
        assert_eq!(status.num_calls(), 1);
    }

    #[tokio::test]
    async fn each_gap_is_reported_with_its_remedy() {
        let status =
            mock!(Client::get_trail_status).then_output(|| GetTrailStatusOutput::builder().is_logging(false).build());
        let trail = Trail::builder().is_multi_region_trail(true).build();
        let error = verify(&[&returns(trail), &status]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
        assert_eq!(
            error.to_string(),
            "the organization trail organization does not log the account: it is not an organization trail; it does not log"
        );
        assert_eq!(
            error.remedy(),
            "in the management account: convert it to an organization trail; start its logging; then send the same request again"
        );
    }

    #[tokio::test]
    async fn cloudtrail_errors_map_to_error_codes() {
        for (code, expected) in [
            ("TrailNotFoundException", ErrorCode::InvalidConfiguration),
            ("InvalidTrailNameException", ErrorCode::InvalidConfiguration),
            ("CloudTrailARNInvalidException", ErrorCode::InvalidConfiguration),
            ("AccessDeniedException", ErrorCode::AccessDenied),
            ("SomethingNew", ErrorCode::Unexpected),
        ] {
            let trail = mock!(Client::get_trail).then_http_response(move || error_response(code));
            let error = verify(&[&trail]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code}");
        }
    }

    #[tokio::test]
    async fn trail_deleted_between_reads_is_reported() {
        let deleted = mock!(Client::get_trail_status).then_http_response(|| error_response("TrailNotFoundException"));
        let error = verify(&[&returns(good_trail()), &deleted]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    }

    #[test]
    fn each_gap_is_found() {
        let gaps_of = |trail: &Trail, status: &GetTrailStatusOutput, governed: &[&str]| {
            let gaps = gaps(trail, status, &regions(governed));
            gaps.into_iter().map(|gap| gap.what).collect::<Vec<_>>()
        };
        let (trail, status) = (good_trail(), good_status());
        assert_eq!(gaps_of(&trail, &status, &["us-east-1", "eu-west-1"]), [""; 0]);

        let mut member = trail.clone();
        member.is_organization_trail = None;
        assert_eq!(gaps_of(&member, &status, &[]), ["it is not an organization trail"]);

        let mut one_region = trail.clone();
        one_region.is_multi_region_trail = Some(false);
        assert_eq!(gaps_of(&one_region, &status, &["us-east-1"]), [""; 0]);
        assert_eq!(gaps_of(&one_region, &status, &["us-east-1", "eu-west-1"]), ["it does not log eu-west-1"]);
        assert_eq!(gaps_of(&one_region, &status, &["eu-west-1"]), ["it does not log eu-west-1"]);

        let mut bad = status.clone();
        bad.is_logging = None;
        assert_eq!(gaps_of(&trail, &bad, &[]), ["it does not log"]);
        let mut bad = status.clone();
        bad.latest_delivery_error = Some(String::new());
        assert_eq!(gaps_of(&trail, &bad, &[]), [""; 0]);
        bad.latest_delivery_error = Some("NoSuchBucket".to_owned());
        assert_eq!(gaps_of(&trail, &bad, &[]), ["its last delivery failed with NoSuchBucket"]);
    }
}
