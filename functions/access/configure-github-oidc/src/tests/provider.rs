use aws_sdk_iam::operation::add_client_id_to_open_id_connect_provider::AddClientIdToOpenIdConnectProviderOutput;
use aws_sdk_iam::operation::create_open_id_connect_provider::CreateOpenIdConnectProviderOutput;
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;

use super::*;

const PROVIDER: &str = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com";

pub(super) fn missing() -> Rule {
    read_fails("NoSuchEntity")
}

pub(super) fn read_fails(code: &'static str) -> Rule {
    mock!(Client::get_open_id_connect_provider).then_http_response(move || error_response(code))
}

pub(super) fn found() -> Rule {
    provider(&["sts.amazonaws.com"], OffsetDateTime::UNIX_EPOCH)
}

pub(super) fn found_since(created_at: OffsetDateTime) -> Rule {
    provider(&["sts.amazonaws.com"], created_at)
}

fn provider(audiences: &'static [&'static str], created_at: OffsetDateTime) -> Rule {
    mock!(Client::get_open_id_connect_provider)
        .match_requests(|request| request.open_id_connect_provider_arn() == Some(PROVIDER))
        .then_output(move || {
            let audiences = audiences.iter().map(|&audience| audience.to_owned()).collect();
            let created_at = DateTime::from_secs(created_at.unix_timestamp());
            let output = GetOpenIdConnectProviderOutput::builder().set_client_id_list(Some(audiences));
            output.create_date(created_at).build()
        })
}

pub(super) fn created() -> Rule {
    mock!(Client::create_open_id_connect_provider)
        .match_requests(|request| {
            request.url() == Some("https://token.actions.githubusercontent.com")
                && request.client_id_list() == ["sts.amazonaws.com"]
                && request.thumbprint_list().is_empty()
        })
        .then_output(|| CreateOpenIdConnectProviderOutput::builder().build())
}

fn creation_fails(code: &'static str) -> Rule {
    mock!(Client::create_open_id_connect_provider).then_http_response(move || error_response(code))
}

fn addition_fails(code: &'static str) -> Rule {
    mock!(Client::add_client_id_to_open_id_connect_provider).then_http_response(move || error_response(code))
}

#[tokio::test]
async fn existing_provider_gets_the_audience() {
    let added = mock!(Client::add_client_id_to_open_id_connect_provider)
        .match_requests(|request| {
            request.open_id_connect_provider_arn() == Some(PROVIDER) && request.client_id() == Some("sts.amazonaws.com")
        })
        .then_output(|| AddClientIdToOpenIdConnectProviderOutput::builder().build());
    let theirs = provider(&["https://github.com/acme"], OffsetDateTime::UNIX_EPOCH);
    let rules = [listed(&[NAME]), theirs, added, super::found(), attached(POLICY)];
    let (_, changes) = run(&[payments()], &rules).await;
    assert_eq!(changes, ["identity provider token.actions.githubusercontent.com: added sts.amazonaws.com"]);
}

#[tokio::test]
async fn iam_errors_map_to_error_codes() {
    for (code, expected) in [
        ("EntityAlreadyExists", ErrorCode::OutcomeUnknown),
        ("LimitExceeded", ErrorCode::InvalidConfiguration),
        ("OpenIdIdpCommunicationError", ErrorCode::ServiceUnavailable),
        ("ConcurrentModification", ErrorCode::ServiceUnavailable),
        ("ServiceFailure", ErrorCode::ServiceUnavailable),
        ("InvalidInput", ErrorCode::Unexpected),
    ] {
        let rules = [listed(&[]), missing(), creation_fails(code)];
        let error = failure(Duration::DAY, &[payments()], &rules).await;
        assert_eq!(error.code(), expected, "{code}");
    }
    for (code, expected) in
        [("NoSuchEntity", ErrorCode::OutcomeUnknown), ("LimitExceeded", ErrorCode::InvalidConfiguration)]
    {
        let rules = [listed(&[]), provider(&[], OffsetDateTime::UNIX_EPOCH), addition_fails(code)];
        let error = failure(Duration::DAY, &[payments()], &rules).await;
        assert_eq!(error.code(), expected, "{code}");
    }
}
