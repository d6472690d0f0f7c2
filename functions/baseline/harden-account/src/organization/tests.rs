use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use vending_core::ErrorCode;

use super::*;
use crate::analyzer::tests::{error_response, listing, summary};
use crate::tests::assert_each_called_once;

fn organization(statuses: &[AnalyzerStatus]) -> Rule {
    let analyzers = statuses.iter().map(|status| summary(Type::Organization, "theirs", status.clone()));
    listing(Type::Organization, analyzers.collect())
}

fn list_fails(code: &'static str) -> Rule {
    mock!(Client::list_analyzers).then_http_response(move || error_response(code))
}

async fn read(regions: &[(&str, Rule)]) -> Result<Coverage, StepError> {
    let client = |(region, rule): &(&str, Rule)| {
        ((*region).to_owned(), mock_client!(aws_sdk_accessanalyzer, RuleMode::Sequential, [rule]))
    };
    let coverage = super::read(regions.iter().map(client).collect()).await;
    assert_each_called_once(regions.iter().map(|(_, rule)| rule));
    coverage
}

#[tokio::test]
async fn region_with_active_analyzer_is_covered() {
    use AnalyzerStatus::{Active, Creating, Disabled, Failed};
    let regions = [
        ("us-east-1", organization(&[Active])),
        ("us-east-2", organization(&[])),
        ("us-west-1", organization(&[Failed, Disabled, Creating])),
        ("us-west-2", organization(&[Disabled, Active])),
    ];
    let coverage = read(&regions).await.unwrap();
    assert_eq!(coverage.regions.iter().collect::<Vec<_>>(), ["us-east-1", "us-west-2"]);
    assert_eq!(coverage.note, None);
}

#[tokio::test]
async fn denied_read_is_only_noted() {
    for code in ["AccessDeniedException", "UnrecognizedClientException"] {
        let regions = [("us-east-1", organization(&[AnalyzerStatus::Active])), ("eu-west-1", list_fails(code))];
        let coverage = read(&regions).await.unwrap();
        assert_eq!(coverage.regions.iter().collect::<Vec<_>>(), ["us-east-1"]);
        assert!(coverage.note.unwrap().contains(code));
    }
}

#[tokio::test]
async fn transient_read_error_is_retried() {
    let error = read(&[("us-east-1", list_fails("ServiceUnavailableException"))]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServiceUnavailable);
}

#[test]
fn denied_assume_role_is_only_noted() {
    let failed = |code| retry_transient(Err::<(), _>(StepError::new(code, "could not assume the role")));
    assert!(failed(ErrorCode::AccessDenied).unwrap().is_err());
    assert_eq!(failed(ErrorCode::ServiceUnavailable).unwrap_err().code(), ErrorCode::ServiceUnavailable);
}
