use aws_sdk_iam::operation::create_account_alias::CreateAccountAliasOutput;
use aws_sdk_iam::operation::list_account_aliases::ListAccountAliasesOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::tests::{assert_each_called_once, xml_error};

pub(crate) fn current(alias: Option<&'static str>) -> Rule {
    mock!(Client::list_account_aliases).then_output(move || {
        let aliases = alias.into_iter().map(str::to_owned).collect();
        ListAccountAliasesOutput::builder().set_account_aliases(Some(aliases)).build().unwrap()
    })
}

pub(crate) fn created(alias: &'static str) -> Rule {
    mock!(Client::create_account_alias)
        .match_requests(move |request| request.account_alias() == Some(alias))
        .then_output(|| CreateAccountAliasOutput::builder().build())
}

fn creation_fails(alias: &'static str, code: &'static str) -> Rule {
    mock!(Client::create_account_alias)
        .match_requests(move |request| request.account_alias() == Some(alias))
        .then_http_response(move || xml_error(code))
}

fn taken(alias: &'static str) -> Rule {
    creation_fails(alias, "EntityAlreadyExists")
}

async fn converge(candidates: &[&str], rules: &[Rule]) -> Result<(Part, Vec<String>), StepError> {
    let client = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
    let changes = Changes::apply();
    let candidates = candidates.iter().map(|&alias| alias.to_owned()).collect();
    let part = Alias { client: &client, candidates, propagation_end: OffsetDateTime::UNIX_EPOCH };
    let converged = part.converge(&changes).await;
    assert_each_called_once(rules.iter());
    converged.map(|part| (part, changes.into_names()))
}

#[tokio::test]
async fn no_pattern_makes_no_call() {
    assert_eq!(converge(&[], &[]).await.unwrap(), (Part::default(), vec![]));
}

#[tokio::test]
async fn existing_alias_is_kept() {
    let (part, made) = converge(&["acme", "acme-1"], &[current(Some("acme"))]).await.unwrap();
    assert_eq!((part, made), (Part::new("the alias is acme"), vec![]));
    let (part, made) = converge(&["acme", "acme-1"], &[current(Some("theirs"))]).await.unwrap();
    assert_eq!(part.note.as_deref(), Some("the account alias is theirs, not acme"));
    assert!(made.is_empty());
}

#[tokio::test]
async fn next_alias_is_tried_if_one_is_taken() {
    let rules = [current(None), taken("acme"), current(None), created("acme-1")];
    let (_, made) = converge(&["acme", "acme-1", "acme-2"], &rules).await.unwrap();
    assert_eq!(made, ["set the alias acme-1"]);
}

#[tokio::test]
async fn lost_response_does_not_hide_a_set_alias() {
    let rules = [current(None), taken("acme"), current(Some("acme"))];
    let (_, made) = converge(&["acme", "acme-1"], &rules).await.unwrap();
    assert_eq!(made, ["set the alias acme"]);
}

#[tokio::test]
async fn account_without_free_alias_is_noted() {
    let rules = [current(None), taken("acme"), current(None), taken("acme-1"), current(None)];
    let (part, made) = converge(&["acme", "acme-1"], &rules).await.unwrap();
    assert_eq!(part.note.as_deref(), Some("the account has no alias: other accounts use acme, acme-1"));
    assert!(made.is_empty());
}

#[tokio::test]
async fn other_alias_errors_fail_the_step() {
    let denied = mock!(Client::list_account_aliases).then_http_response(|| xml_error("AccessDenied"));
    let error = converge(&["acme"], &[denied]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    for (code, expected) in
        [("AccessDenied", ErrorCode::AccessDenied), ("ConcurrentModification", ErrorCode::ServiceUnavailable)]
    {
        let error = converge(&["acme", "acme-1"], &[current(None), creation_fails("acme", code)]).await.unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(error.to_string().starts_with("could not set the alias acme"), "{error}");
    }
}
