//! The organization trail, as it must be to log a new account: only looked at, never changed.

use std::error::Error;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::types::Trail;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{Converged, error_code, from_sdk};

#[derive(Clone, Debug)]
pub struct OrganizationTrail {
    /// Of the management account.
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// Why the trail does not log an account, and what would make it.
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
                "the organization trail {} logs the account, as it does every member account from its birth",
                self.name
            )));
        }
        Err(self.insufficient(&gaps))
    }

    async fn trail(&self) -> Result<Trail, StepError> {
        let got = self.client.get_trail().name(&self.name).send().await;
        let trail = got.map_err(|error| self.failed("read", &error))?.trail;
        trail.ok_or_else(|| {
            let message = format!("AWS answers nothing about the organization trail {}", self.name);
            StepError::new(ErrorCode::Unexpected, message)
        })
    }

    async fn status(&self) -> Result<GetTrailStatusOutput, StepError> {
        let got = self.client.get_trail_status().name(&self.name).send().await;
        got.map_err(|error| self.failed("read the status of", &error))
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(&format!("{doing} the organization trail {}", self.name), error);
        match error_code(error) {
            Some(
                "TrailNotFoundException"
                | "InvalidTrailNameException"
                | "CloudTrailARNInvalidException",
            ) => failed.with_code(ErrorCode::InvalidConfiguration).with_remedy(
                "set ORGANIZATION_TRAIL_NAME to the organization trail of the management account (to its ARN, if its home is another region), or TRAIL_MODE to account; then send the same request again",
            ),
            _ => failed,
        }
    }

    fn insufficient(&self, gaps: &[Gap]) -> StepError {
        let listed = |text: fn(&Gap) -> &str| gaps.iter().map(text).collect::<Vec<_>>().join("; ");
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
        gap("it is not an organization trail".to_owned(), "make it a trail of the organization");
    }
    if status.is_logging() != Some(true) {
        gap("it does not log".to_owned(), "start its logging");
    }
    if let Some(region) = region_left_out(trail, governed_regions) {
        gap(format!("it does not log {region}"), "make it a multi-region trail");
    }
    if let Some(error) = status.latest_delivery_error().filter(|error| !error.is_empty()) {
        gap(format!("its last delivery failed with {error}"), "repair the policies of its bucket and of its KMS key");
    }
    gaps
}

fn region_left_out<'a>(trail: &Trail, governed_regions: &'a [String]) -> Option<&'a String> {
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

    fn answers(trail: Trail) -> Rule {
        mock!(Client::get_trail)
            .match_requests(|request| request.name() == Some("organization"))
            .then_output(move || GetTrailOutput::builder().trail(trail.clone()).build())
    }

    fn refusal(code: &str) -> Response {
        let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
        Response::new(400.try_into().unwrap(), SdkBody::from(body))
    }

    #[tokio::test]
    async fn a_trail_that_logs_everything_needs_two_calls_and_no_change() {
        let status = mock!(Client::get_trail_status).then_output(good_status);
        let converged = verify(&[&answers(good_trail()), &status]).await.unwrap();
        let found =
            "the organization trail organization logs the account, as it does every member account from its birth";
        assert_eq!(converged, Converged::new(found));
        assert_eq!(status.num_calls(), 1);
    }

    #[tokio::test]
    async fn a_trail_that_does_not_log_is_named_with_each_gap_and_remedy() {
        let status =
            mock!(Client::get_trail_status).then_output(|| GetTrailStatusOutput::builder().is_logging(false).build());
        let trail = Trail::builder().is_multi_region_trail(true).build();
        let error = verify(&[&answers(trail), &status]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
        assert_eq!(
            error.to_string(),
            "the organization trail organization does not log the account: it is not an organization trail; it does not log"
        );
        assert_eq!(
            error.remedy(),
            "in the management account: make it a trail of the organization; start its logging; then send the same request again"
        );
    }

    #[tokio::test]
    async fn what_cloudtrail_refuses_is_mapped_to_a_decision() {
        for (code, expected) in [
            ("TrailNotFoundException", ErrorCode::InvalidConfiguration),
            ("InvalidTrailNameException", ErrorCode::InvalidConfiguration),
            ("CloudTrailARNInvalidException", ErrorCode::InvalidConfiguration),
            ("AccessDeniedException", ErrorCode::AccessDenied),
            ("SomethingNew", ErrorCode::Unexpected),
        ] {
            let trail = mock!(Client::get_trail).then_http_response(move || refusal(code));
            let error = verify(&[&trail]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code}");
        }
    }

    #[tokio::test]
    async fn a_trail_that_is_removed_between_two_looks_is_named_too() {
        let gone = mock!(Client::get_trail_status).then_http_response(|| refusal("TrailNotFoundException"));
        let error = verify(&[&answers(good_trail()), &gone]).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
    }

    #[test]
    fn each_gap_is_found() {
        let of = |trail: &Trail, status: &GetTrailStatusOutput, governed: &[&str]| {
            let gaps = gaps(trail, status, &regions(governed));
            gaps.into_iter().map(|gap| gap.what).collect::<Vec<_>>()
        };
        let (trail, status) = (good_trail(), good_status());
        assert_eq!(of(&trail, &status, &["us-east-1", "eu-west-1"]), [""; 0]);

        let mut member = trail.clone();
        member.is_organization_trail = None;
        assert_eq!(of(&member, &status, &[]), ["it is not an organization trail"]);

        let mut one_region = trail.clone();
        one_region.is_multi_region_trail = Some(false);
        assert_eq!(of(&one_region, &status, &["us-east-1"]), [""; 0]);
        assert_eq!(of(&one_region, &status, &["us-east-1", "eu-west-1"]), ["it does not log eu-west-1"]);
        assert_eq!(of(&one_region, &status, &["eu-west-1"]), ["it does not log eu-west-1"]);

        let mut bad = status.clone();
        bad.is_logging = None;
        assert_eq!(of(&trail, &bad, &[]), ["it does not log"]);
        let mut bad = status.clone();
        bad.latest_delivery_error = Some(String::new());
        assert_eq!(of(&trail, &bad, &[]), [""; 0]);
        bad.latest_delivery_error = Some("NoSuchBucket".to_owned());
        assert_eq!(of(&trail, &bad, &[]), ["its last delivery failed with NoSuchBucket"]);
    }
}
