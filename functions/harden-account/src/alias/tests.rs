use aws_sdk_iam::operation::create_account_alias::CreateAccountAliasOutput;
use aws_sdk_iam::operation::list_account_aliases::ListAccountAliasesOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::tests::{assert_each_called_once, xml_refusal};

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

fn refused(alias: &'static str, code: &'static str) -> Rule {
    mock!(Client::create_account_alias)
        .match_requests(move |request| request.account_alias() == Some(alias))
        .then_http_response(move || xml_refusal(code))
}

fn taken(alias: &'static str) -> Rule {
    refused(alias, "EntityAlreadyExists")
}

async fn converge(candidates: &[&str], rules: &[Rule]) -> Result<(Part, Vec<String>), StepError> {
    let client = mock_client!(aws_sdk_iam, RuleMode::Sequential, rules);
    let changes = Changes::to_make();
    let candidates = candidates.iter().map(|&alias| alias.to_owned()).collect();
    let part = Alias { client: &client, candidates, ready_by: OffsetDateTime::UNIX_EPOCH };
    let converged = part.converge(&changes).await;
    assert_each_called_once(rules.iter());
    converged.map(|part| (part, changes.into_list()))
}

#[tokio::test]
async fn without_a_pattern_no_call_is_made() {
    assert_eq!(converge(&[], &[]).await.unwrap(), (Part::default(), vec![]));
}

#[tokio::test]
async fn an_alias_that_the_account_has_is_kept() {
    let (part, made) = converge(&["acme", "acme-1"], &[current(Some("acme"))]).await.unwrap();
    assert_eq!((part, made), (Part::found("the alias is acme"), vec![]));
    let (part, made) = converge(&["acme", "acme-1"], &[current(Some("theirs"))]).await.unwrap();
    assert_eq!(part.note.as_deref(), Some("the account's alias is theirs, not acme"));
    assert!(made.is_empty());
}

#[tokio::test]
async fn a_taken_alias_gives_way_to_the_next() {
    let rules = [current(None), taken("acme"), current(None), created("acme-1")];
    let (_, made) = converge(&["acme", "acme-1", "acme-2"], &rules).await.unwrap();
    assert_eq!(made, ["set the alias acme-1"]);
}

#[tokio::test]
async fn an_alias_that_was_set_although_the_answer_was_lost_is_ours() {
    let rules = [current(None), taken("acme"), current(Some("acme"))];
    let (_, made) = converge(&["acme", "acme-1"], &rules).await.unwrap();
    assert_eq!(made, ["set the alias acme"]);
}

#[tokio::test]
async fn an_account_can_do_without_an_alias() {
    let rules = [current(None), taken("acme"), current(None), taken("acme-1"), current(None)];
    let (part, made) = converge(&["acme", "acme-1"], &rules).await.unwrap();
    assert_eq!(part.note.as_deref(), Some("the account has no alias, since others have acme, acme-1"));
    assert!(made.is_empty());
}

#[tokio::test]
async fn every_other_refusal_is_a_failure() {
    let denied = mock!(Client::list_account_aliases).then_http_response(|| xml_refusal("AccessDenied"));
    let error = converge(&["acme"], &[denied]).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    for (code, expected) in
        [("AccessDenied", ErrorCode::AccessDenied), ("ConcurrentModification", ErrorCode::ServiceUnavailable)]
    {
        let error = converge(&["acme", "acme-1"], &[current(None), refused("acme", code)]).await.unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(error.to_string().starts_with("could not set the alias acme"), "{error}");
    }
}
