use aws_sdk_accessanalyzer::operation::create_analyzer::CreateAnalyzerOutput;
use aws_sdk_accessanalyzer::operation::list_analyzers::ListAnalyzersOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use vending_core::ErrorCode;

use super::*;
use crate::tests::assert_each_called_once;

pub(crate) fn error_response(code: &str) -> Response {
    let mut response = Response::new(400.try_into().unwrap(), SdkBody::from(r#"{"message":"no"}"#));
    response.headers_mut().insert("x-amzn-errortype", code.to_owned());
    response
}

pub(crate) fn summary(kind: Type, name: &str, status: AnalyzerStatus) -> AnalyzerSummary {
    AnalyzerSummary::builder()
        .arn("arn")
        .name(name)
        .r#type(kind)
        .created_at(DateTime::from_secs(0))
        .status(status)
        .build()
        .unwrap()
}

pub(crate) fn listing(kind: Type, analyzers: Vec<AnalyzerSummary>) -> Rule {
    mock!(Client::list_analyzers)
        .match_requests(move |request| request.r#type() == Some(&kind))
        .then_output(move || ListAnalyzersOutput::builder().set_analyzers(Some(analyzers.clone())).build().unwrap())
}

pub(crate) fn listed(name: &str) -> Rule {
    listing(Type::Account, vec![summary(Type::Account, name, AnalyzerStatus::Active)])
}

pub(crate) fn none_listed() -> Rule {
    listing(Type::Account, vec![])
}

pub(crate) fn created() -> Rule {
    mock!(Client::create_analyzer)
        .match_requests(|request| {
            request.analyzer_name() == Some("account-vending") && request.r#type() == Some(&Type::Account)
        })
        .then_output(|| CreateAnalyzerOutput::builder().build())
}

fn creation_fails(code: &'static str) -> Rule {
    mock!(Client::create_analyzer).then_http_response(move || error_response(code))
}

async fn converge(propagation_end: OffsetDateTime, rules: &[Rule]) -> Result<Part, StepError> {
    let client = mock_client!(aws_sdk_accessanalyzer, RuleMode::Sequential, rules);
    let clients = [("us-east-1".to_owned(), client)];
    let part = Analyzers { clients: &clients, coverage: &Coverage::default(), propagation_end };
    let converged = part.converge(&Changes::apply()).await;
    assert_each_called_once(rules.iter());
    converged
}

#[tokio::test]
async fn inactive_analyzer_is_noted() {
    for (status, note) in [
        (AnalyzerStatus::Active, None),
        (AnalyzerStatus::Creating, None),
        (AnalyzerStatus::Failed, Some("the analyzer theirs in us-east-1 is FAILED")),
        (AnalyzerStatus::Disabled, Some("the analyzer theirs in us-east-1 is DISABLED")),
    ] {
        let listed = listing(Type::Account, vec![summary(Type::Account, "theirs", status)]);
        let part = converge(OffsetDateTime::UNIX_EPOCH, &[listed]).await.unwrap();
        assert_eq!(part, Part::new("an analyzer covers the account in us-east-1").with_note(note.map(str::to_owned)));
    }
}

#[tokio::test]
async fn concurrently_created_analyzer_is_a_success() {
    for code in ["ConflictException", "ServiceQuotaExceededException"] {
        converge(OffsetDateTime::UNIX_EPOCH, &[none_listed(), creation_fails(code)]).await.unwrap();
    }
}

#[tokio::test]
async fn access_analyzer_errors_map_to_error_codes() {
    use ErrorCode::{AccessDenied, NotReady, ServiceUnavailable, Unexpected};
    let future = OffsetDateTime::now_utc() + time::Duration::MINUTE;
    for (code, fresh, later) in [
        ("AccessDeniedException", NotReady, AccessDenied),
        ("UnrecognizedClientException", NotReady, AccessDenied),
        ("ServiceUnavailableException", ServiceUnavailable, ServiceUnavailable),
        ("ValidationException", Unexpected, Unexpected),
    ] {
        for (propagation_end, expected) in [(future, fresh), (OffsetDateTime::UNIX_EPOCH, later)] {
            let list = mock!(Client::list_analyzers).then_http_response(move || error_response(code));
            assert_eq!(converge(propagation_end, &[list]).await.unwrap_err().code(), expected, "{code}");
            let error = converge(propagation_end, &[none_listed(), creation_fails(code)]).await.unwrap_err();
            assert_eq!(error.code(), expected, "{code}");
            assert!(
                error.to_string().starts_with("failed in us-east-1: could not create the analyzer account-vending"),
                "{error}"
            );
        }
    }
}
