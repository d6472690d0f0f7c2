//! An account in an OU that Control Tower governs: it is recorded by Control Tower's own recorders, never by ours.

use aws_sdk_config::Client;
use time::{Duration, OffsetDateTime};
use vending_core::{BaselineInput, ErrorCode, StepError};
use vending_runtime::{Converged, from_sdk, in_each_region, settling};

use crate::{Clients, names};

pub(crate) const SESSION_ACTIONS: &[&str] = &["config:DescribeConfigurationRecorderStatus"];

/// How long Control Tower may take to enrol a new account of an OU that it governs.
const ENROLMENT: Duration = Duration::minutes(40);

/// Proves that each region is recorded; changes nothing.
pub(crate) async fn verify(clients: &Clients, input: &BaselineInput) -> Result<Converged, StepError> {
    let work = clients.iter().cloned();
    let work = work.map(|(region, client)| (region, verify_region(client, input)));
    in_each_region(work).await?;
    Ok(Converged::new(format!("Control Tower records {}", names(clients))))
}

async fn verify_region(client: Client, input: &BaselineInput) -> Result<(), StepError> {
    let described = client.describe_configuration_recorder_status().send().await;
    let described = described.map_err(|error| {
        let failed = from_sdk("read the status of Control Tower's recorder", &error);
        settling(failed, input.ready_by())
    })?;
    let mut recorders = described.configuration_recorders_status().iter();
    if recorders.any(|recorder| recorder.recording) {
        return Ok(());
    }
    Err(not_enrolled(input.account_created_at))
}

fn not_enrolled(account_created_at: OffsetDateTime) -> StepError {
    if OffsetDateTime::now_utc() < account_created_at + ENROLMENT {
        let message = "Control Tower has not set up its recorder yet";
        return StepError::new(ErrorCode::NotReady, message);
    }
    let message =
        "Control Tower has set up no recorder that records, although it governs the account's organizational unit";
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(
        "enrol the account in Control Tower (or register its organizational unit again), or take the unit out of CONTROL_TOWER_ORGANIZATIONAL_UNITS; then send the same request again",
    )
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::operation::describe_configuration_recorder_status::DescribeConfigurationRecorderStatusOutput;
    use aws_sdk_config::types::ConfigurationRecorderStatus;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use vending_core::samples;

    use super::*;
    use crate::region::tests::refusal;

    fn status(recording: Option<bool>) -> Rule {
        mock!(Client::describe_configuration_recorder_status).then_output(move || {
            let recorder = |recording| {
                let status = ConfigurationRecorderStatus::builder();
                status.recording(recording).build()
            };
            DescribeConfigurationRecorderStatusOutput::builder()
                .set_configuration_recorders_status(Some(recording.into_iter().map(recorder).collect()))
                .build()
        })
    }

    async fn run(age: Duration, regions: Vec<(&str, Rule)>) -> Result<Converged, StepError> {
        let client = |(region, rule): &(&str, Rule)| {
            let client = mock_client!(aws_sdk_config, RuleMode::Sequential, [rule]);
            ((*region).to_owned(), client)
        };
        let clients = regions.iter().map(client).collect();
        let converged = verify(&clients, &samples::baseline_input(age)).await;
        for (region, rule) in regions {
            assert_eq!(rule.num_calls(), 1, "calls in {region}");
        }
        converged
    }

    #[tokio::test]
    async fn an_enrolled_account_costs_one_call_for_each_region() {
        let regions = vec![("us-east-1", status(Some(true))), ("eu-west-1", status(Some(true)))];
        let converged = run(Duration::ZERO, regions).await.unwrap();
        assert_eq!(converged, Converged::new("Control Tower records us-east-1, eu-west-1"));
    }

    #[tokio::test]
    async fn control_tower_is_waited_for_and_then_reported() {
        for recording in [None, Some(false)] {
            for (minutes, expected) in [(39, ErrorCode::NotReady), (41, ErrorCode::InvalidConfiguration)] {
                let regions = vec![("us-east-1", status(Some(true))), ("eu-west-1", status(recording))];
                let error = run(Duration::minutes(minutes), regions).await.unwrap_err();
                assert_eq!(error.code(), expected, "after {minutes} minutes");
                assert!(error.to_string().starts_with("eu-west-1:"), "{error}");
                assert!(error.to_string().ends_with("fine: us-east-1"), "{error}");
            }
        }
    }

    #[tokio::test]
    async fn a_denial_is_final_only_when_the_account_has_settled() {
        for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
            let denied = mock!(Client::describe_configuration_recorder_status)
                .then_http_response(|| refusal("AccessDeniedException"));
            let error = run(age, vec![("us-east-1", denied)]).await.unwrap_err();
            assert_eq!(error.code(), expected);
        }
    }
}
