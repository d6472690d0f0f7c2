//! Policy documents, read by the evaluator of the `iam-rs` crate.
//!
//! Three things are made fit for it first: a document may lack its version, the ARN operators for equality match
//! wildcards as AWS's do, and principals are compared in `principals`, which knows what an account's root stands for.

use iam_rs::{
    Arn, Context, ContextValue, Decision, EvaluationOptions, IAMPolicy, IAMRequest, PolicyEvaluator, Principal,
    PrincipalId,
};
use serde_json::{Map, Value, json};

use super::context::Keys;

/// What a document says of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Opinion {
    Allows,
    Denies,
    SaysNothing,
}

/// `None` where the action is on no resource of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) action: &'a str,
    pub(super) resource: Option<&'a str>,
    pub(super) keys: &'a Keys,
}

/// An error is a document that cannot be understood.
pub(super) fn opinion(document: &Value, question: Question<'_>) -> Result<Opinion, String> {
    let policy: IAMPolicy = serde_json::from_value(readable(document)).map_err(|error| error.to_string())?;
    // Statements of a trust policy name no resource: theirs is the role.
    let ignore_resource_constraints = policy.statement.iter().all(|one| one.resource.is_none())
        && policy.statement.iter().all(|one| one.not_resource.is_none());
    let options = EvaluationOptions { ignore_resource_constraints, ..EvaluationOptions::default() };
    let evaluator = PolicyEvaluator::with_policies(vec![policy]).with_options(options);
    let answer = evaluator.evaluate(&request(question)?).map_err(|error| error.to_string())?;
    Ok(match answer.decision {
        Decision::Allow => Opinion::Allows,
        Decision::Deny => Opinion::Denies,
        Decision::NotApplicable => Opinion::SaysNothing,
    })
}

/// What several documents say together.
pub(super) fn opinion_of_all(documents: &[Value], question: Question<'_>) -> Result<Opinion, String> {
    let mut together = Opinion::SaysNothing;
    for document in documents {
        match opinion(document, question)? {
            Opinion::Denies => return Ok(Opinion::Denies),
            Opinion::Allows => together = Opinion::Allows,
            Opinion::SaysNothing => {}
        }
    }
    Ok(together)
}

fn request(question: Question<'_>) -> Result<IAMRequest, String> {
    // Only `*` fits an action without a resource; nothing else names this one.
    let resource = question.resource.unwrap_or("arn:aws:none:::none");
    let resource = Arn::parse(resource).map_err(|error| format!("{resource}: {error}"))?;
    let mut context = Context::new();
    for (name, value) in question.keys {
        context.insert(name.clone(), context_value(value));
    }
    let nobody = Principal::Aws(PrincipalId::String("arn:aws:iam::000000000000:root".to_owned()));
    Ok(IAMRequest::new_with_context(nobody, question.action, resource, context))
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

fn readable(document: &Value) -> Value {
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let statements: Vec<Value> = statements.into_iter().map(readable_statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn readable_statement(mut statement: Value) -> Value {
    if let Some(fields) = statement.as_object_mut() {
        fields.remove("Principal");
        fields.remove("NotPrincipal");
        if let Some(Value::Object(condition)) = fields.remove("Condition") {
            fields.insert("Condition".to_owned(), Value::Object(readable_condition(condition)));
        }
    }
    statement
}

fn readable_condition(condition: Map<String, Value>) -> Map<String, Value> {
    let mut readable = Map::new();
    for (operator, keys) in condition {
        let operator = operator.replace("ArnEquals", "ArnLike").replace("ArnNotEquals", "ArnNotLike");
        let entry = readable.entry(operator).or_insert_with(|| json!({}));
        if let (Value::Object(known), Value::Object(keys)) = (entry, keys) {
            known.extend(keys);
        }
    }
    readable
}

#[cfg(test)]
mod tests;
