//! Evaluates policy documents with the `iam-rs` crate.
//!
//! Documents are normalized first: they may lack a version; `ArnEquals` matches wildcards, as in AWS; and principals
//! are removed, because `principals` compares them.

use iam_rs::{
    Arn, Context, ContextValue, Decision, EvaluationOptions, IAMPolicy, IAMRequest, PolicyEvaluator, Principal,
    PrincipalId,
};
use serde_json::{Map, Value, json};

use super::context::Keys;

/// The result of evaluating documents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Evaluation {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
}

/// `resource` is `None` for an action without a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct ActionRequest<'a> {
    pub(super) action: &'a str,
    pub(super) resource: Option<&'a str>,
    pub(super) keys: &'a Keys,
}

/// Fails if the document is not valid.
pub(super) fn evaluate(document: &Value, request: ActionRequest<'_>) -> Result<Evaluation, String> {
    let policy: IAMPolicy = serde_json::from_value(normalize(document)).map_err(|error| error.to_string())?;
    // The statements of a trust policy have no resource.
    let ignore_resource_constraints = policy.statement.iter().all(|one| one.resource.is_none())
        && policy.statement.iter().all(|one| one.not_resource.is_none());
    let options = EvaluationOptions { ignore_resource_constraints, ..EvaluationOptions::default() };
    let evaluator = PolicyEvaluator::with_policies(vec![policy]).with_options(options);
    let result = evaluator.evaluate(&iam_request(request)?).map_err(|error| error.to_string())?;
    Ok(match result.decision {
        Decision::Allow => Evaluation::Allowed,
        Decision::Deny => Evaluation::ExplicitDeny,
        Decision::NotApplicable => Evaluation::ImplicitDeny,
    })
}

/// Evaluates several documents together.
pub(super) fn evaluate_all(documents: &[Value], request: ActionRequest<'_>) -> Result<Evaluation, String> {
    let mut combined = Evaluation::ImplicitDeny;
    for document in documents {
        match evaluate(document, request)? {
            Evaluation::ExplicitDeny => return Ok(Evaluation::ExplicitDeny),
            Evaluation::Allowed => combined = Evaluation::Allowed,
            Evaluation::ImplicitDeny => {}
        }
    }
    Ok(combined)
}

fn iam_request(request: ActionRequest<'_>) -> Result<IAMRequest, String> {
    // Only `*` matches an action without a resource.
    let resource = request.resource.unwrap_or("arn:aws:none:::none");
    let resource = Arn::parse(resource).map_err(|error| format!("{resource}: {error}"))?;
    let mut context = Context::new();
    for (name, value) in request.keys {
        context.insert(name.clone(), context_value(value));
    }
    let unused_principal = Principal::Aws(PrincipalId::String("arn:aws:iam::000000000000:root".to_owned()));
    Ok(IAMRequest::new_with_context(unused_principal, request.action, resource, context))
}

fn context_value(value: &Value) -> ContextValue {
    match value {
        Value::Bool(value) => ContextValue::Boolean(*value),
        Value::Array(values) => {
            ContextValue::StringList(values.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        Value::String(value) => ContextValue::String(value.clone()),
        other => ContextValue::String(other.to_string()),
    }
}

fn normalize(document: &Value) -> Value {
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let statements: Vec<Value> = statements.into_iter().map(normalize_statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn normalize_statement(mut statement: Value) -> Value {
    if let Some(fields) = statement.as_object_mut() {
        fields.remove("Principal");
        fields.remove("NotPrincipal");
        if let Some(Value::Object(condition)) = fields.remove("Condition") {
            fields.insert("Condition".to_owned(), Value::Object(normalize_condition(condition)));
        }
    }
    statement
}

fn normalize_condition(condition: Map<String, Value>) -> Map<String, Value> {
    let mut normalized = Map::new();
    for (operator, keys) in condition {
        let operator = operator.replace("ArnEquals", "ArnLike").replace("ArnNotEquals", "ArnNotLike");
        let entry = normalized.entry(operator).or_insert_with(|| json!({}));
        if let (Value::Object(known), Value::Object(keys)) = (entry, keys) {
            known.extend(keys);
        }
    }
    normalized
}

#[cfg(test)]
mod tests;
