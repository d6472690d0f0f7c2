//! Which calls a rule matches.

use local_cloud::strict::Rule;

use crate::identity::Caller;
use crate::wire::{AwsRequest, matches};

pub(super) fn matches_call(rule: &Rule, request: &AwsRequest, caller: &Caller) -> bool {
    matches(&rule.service, &request.service)
        && matches(&rule.operation, &request.operation)
        && rule.account.as_deref().is_none_or(|wanted| wanted == caller.account)
        && rule.parameter.as_deref().is_none_or(|text| request.mentions(text))
        && rule.function.as_deref().is_none_or(|wanted| is_function(wanted, caller))
        && (rule.related_to.is_empty() || is_related(rule, request, caller))
}

pub(super) fn is_related(rule: &Rule, request: &AwsRequest, caller: &Caller) -> bool {
    let session = caller.session.as_ref().map(|session| session.name.as_str()).unwrap_or_default();
    let mut names = rule.related_to.iter();
    names.any(|name| *name == caller.account || session.contains(name) || request.mentions(name))
}

fn is_function(wanted: &str, caller: &Caller) -> bool {
    caller.function.as_deref().is_some_and(|function| matches(wanted, function))
}
