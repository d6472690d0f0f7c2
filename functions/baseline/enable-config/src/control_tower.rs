//! Checks the recorders of an account in an OU that Control Tower governs. Control Tower creates these recorders.

use aws_sdk_config::Client;
use time::{Duration, OffsetDateTime};
use vending_core::{BaselineInput, ErrorCode, StepError};
use vending_runtime::{Context, Converged, WhilePropagating, in_each_region};

use crate::{Clients, names};

/// The time that Control Tower gets to enroll a new account of an OU that it governs.
const ENROLLMENT_TIME: Duration = Duration::minutes(40);

/// Checks that a recorder is on in each Region. It changes nothing.
pub(crate) async fn verify(clients: &Clients, input: &BaselineInput) -> Result<Converged, StepError> {
    let work = clients.iter().cloned();
    let work = work.map(|(region, client)| (region, verify_region(client, input)));
    in_each_region(work).await?;
    Ok(Converged::new(format!("Control Tower records the account in {}", names(clients))))
}

async fn verify_region(client: Client, input: &BaselineInput) -> Result<(), StepError> {
    let described = client.describe_configuration_recorder_status().send().await;
    let described = described.context("read the status of the Control Tower recorder");
    let described = described.retry_while_propagating(input.propagation_end())?;
    let mut recorders = described.configuration_recorders_status().iter();
    if recorders.any(|recorder| recorder.recording) {
        return Ok(());
    }
    Err(not_recording(input.account_created_at))
}

fn not_recording(account_created_at: OffsetDateTime) -> StepError {
    if OffsetDateTime::now_utc() < account_created_at + ENROLLMENT_TIME {
        let message = "Control Tower has not created its AWS Config recorder yet";
        return StepError::new(ErrorCode::NotReady, message);
    }
    let message = "no AWS Config recorder of Control Tower is on, although Control Tower governs the OU of the account";
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(
        "enroll the account in Control Tower (or re-register its OU), or remove the OU from CONTROL_TOWER_ORGANIZATIONAL_UNITS; then send the same request again",
    )
}

#[cfg(test)]
mod tests {
    use aws_sdk_config::operation::describe_configuration_recorder_status::DescribeConfigurationRecorderStatusOutput;
    use aws_sdk_config::types::ConfigurationRecorderStatus;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use vending_core::fixtures;

    use super::*;
    use crate::region::tests::error_response;

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
        let converged = verify(&clients, &fixtures::baseline_input(age)).await;
        for (region, rule) in regions {
            assert_eq!(rule.num_calls(), 1, "calls in {region}");
        }
        converged
    }

    #[tokio::test]
    async fn enrolled_account_takes_one_call_per_region() {
        let regions = vec![("us-east-1", status(Some(true))), ("eu-west-1", status(Some(true)))];
        let converged = run(Duration::ZERO, regions).await.unwrap();
        assert_eq!(converged, Converged::new("Control Tower records the account in us-east-1, eu-west-1"));
    }

    #[tokio::test]
    async fn missing_recorder_is_reported_after_40_minutes() {
        for recording in [None, Some(false)] {
            for (minutes, expected) in [(39, ErrorCode::NotReady), (41, ErrorCode::InvalidConfiguration)] {
                let regions = vec![("us-east-1", status(Some(true))), ("eu-west-1", status(recording))];
                let error = run(Duration::minutes(minutes), regions).await.unwrap_err();
                assert_eq!(error.code(), expected, "after {minutes} minutes");
                assert!(error.to_string().starts_with("failed in eu-west-1:"), "{error}");
                assert!(error.to_string().ends_with("succeeded in us-east-1"), "{error}");
            }
        }
    }

    #[tokio::test]
    async fn access_denied_is_retried_while_propagating() {
        for (age, expected) in [(Duration::ZERO, ErrorCode::NotReady), (Duration::DAY, ErrorCode::AccessDenied)] {
            let denied = mock!(Client::describe_configuration_recorder_status)
                .then_http_response(|| error_response("AccessDeniedException"));
            let error = run(age, vec![("us-east-1", denied)]).await.unwrap_err();
            assert_eq!(error.code(), expected);
        }
    }
}
