//! A parsed policy document.

use std::cell::OnceCell;

use iam_rs::{
    Arn, Context, ContextValue, EvaluationOptions, IAMPolicy, IAMRequest, IAMStatement, PolicyEvaluator, Principal,
    PrincipalId,
};
use serde_json::{Map, Value, json};

use crate::condition::{self, Condition};
use crate::pattern::Pattern;
use crate::{ActionRequest, Decision, Evaluation, Keys};

/// A policy document that is not valid, and why.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPolicy(pub(crate) String);

impl InvalidPolicy {
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A parsed policy document. Principals are ignored. The version is not read: AWS would take variables in documents of
/// other versions for text.
#[derive(Clone, Debug)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    name: String,
    denies: bool,
    conditions: Vec<Condition>,
    /// The resources, if they have variables.
    variable_resources: Option<Resources>,
    /// The rest of the statement.
    rest: PolicyEvaluator,
}

#[derive(Clone, Debug)]
struct Resources {
    patterns: Vec<String>,
    is_negated: bool,
}

impl Policy {
    pub fn parse(document: &Value) -> Result<Self, InvalidPolicy> {
        let statements = match &document["Statement"] {
            Value::Array(statements) => statements.as_slice(),
            one => std::slice::from_ref(one),
        };
        // The statements of a trust policy have no resource.
        let has_resource = |one: &Value| ["Resource", "NotResource"].iter().any(|field| one.get(field).is_some());
        let has_resources = statements.iter().any(has_resource);
        let parse = |(index, statement)| Statement::parse(statement, index + 1, has_resources);
        let statements = statements.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }

    /// Decides a request: an explicit deny before an allow. Fails if a statement is not valid.
    pub fn decide(&self, request: ActionRequest<'_>) -> Result<Decision<'_>, InvalidPolicy> {
        let rest = Rest { resource: resource(request)?, request: OnceCell::new() };
        let mut decision = Decision { evaluation: Evaluation::ImplicitDeny, statement: None };
        for statement in &self.statements {
            let matches = statement.matches(request, &rest)?;
            let name = Some(statement.name.as_str());
            if matches && statement.denies {
                return Ok(Decision { evaluation: Evaluation::ExplicitDeny, statement: name });
            }
            if matches && decision.statement.is_none() {
                decision = Decision { evaluation: Evaluation::Allowed, statement: name };
            }
        }
        Ok(decision)
    }
}

impl Statement {
    fn parse(statement: &Value, number: usize, has_resources: bool) -> Result<Self, InvalidPolicy> {
        let mut fields = statement.as_object().cloned().unwrap_or_default();
        fields.remove("Principal");
        fields.remove("NotPrincipal");
        let name = fields.get("Sid").and_then(Value::as_str).map_or_else(|| number.to_string(), str::to_owned);
        let (conditions, others) = condition::split(fields.remove("Condition").as_ref())?;
        if !others.is_empty() {
            fields.insert("Condition".to_owned(), others.into());
        }
        let variable_resources = take_variable_resources(&mut fields);
        let denies = fields.get("Effect").is_some_and(|effect| effect == "Deny");
        let rest: IAMStatement = serde_json::from_value(fields.into())
            .map_err(|error| InvalidPolicy(format!("statement {name}: {error}")))?;
        let options = EvaluationOptions { ignore_resource_constraints: !has_resources, ..EvaluationOptions::default() };
        let rest = PolicyEvaluator::with_policies(vec![IAMPolicy::new().add_statement(rest)]).with_options(options);
        Ok(Self { name, denies, conditions, variable_resources, rest })
    }

    fn matches(&self, request: ActionRequest<'_>, rest: &Rest) -> Result<bool, InvalidPolicy> {
        let resource = request.resource.unwrap_or(NO_RESOURCE);
        if !self.conditions.iter().all(|condition| condition.holds(request.keys))
            || !self.variable_resources.as_ref().is_none_or(|resources| resources.match_arn(resource, request.keys))
        {
            return Ok(false);
        }
        let result = self.rest.evaluate(rest.of(request)).map_err(|error| InvalidPolicy(error.to_string()))?;
        Ok(result.decision != iam_rs::Decision::NotApplicable)
    }
}

impl Resources {
    /// A resource with a variable that has no value matches nothing:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>.
    fn match_arn(&self, arn: &str, keys: &Keys) -> bool {
        let matches = |text: &String| Pattern::with_wildcards(text, keys).is_some_and(|one| one.matches_arn(arn));
        self.patterns.iter().any(matches) != self.is_negated
    }
}

/// Takes resources with variables out of a statement, which then applies to all.
fn take_variable_resources(fields: &mut Map<String, Value>) -> Option<Resources> {
    for (field, is_negated) in [("Resource", false), ("NotResource", true)] {
        let patterns = fields.get(field).map(condition::texts).unwrap_or_default();
        if patterns.iter().any(|pattern| pattern.contains("${")) {
            fields.remove(field);
            fields.insert("Resource".to_owned(), json!("*"));
            return Some(Resources { patterns, is_negated });
        }
    }
    None
}

/// Only `*` matches an action without a resource.
const NO_RESOURCE: &str = "arn:aws:none:::none";

fn resource(request: ActionRequest<'_>) -> Result<Arn, InvalidPolicy> {
    let resource = request.resource.unwrap_or(NO_RESOURCE);
    Arn::parse(resource).map_err(|error| InvalidPolicy(format!("{resource}: {error}")))
}

/// A request as iam-rs has it. Most statements do not need it, because their conditions do not hold.
struct Rest {
    resource: Arn,
    request: OnceCell<IAMRequest>,
}

impl Rest {
    fn of(&self, request: ActionRequest<'_>) -> &IAMRequest {
        self.request.get_or_init(|| {
            let mut context = Context::new();
            for (name, value) in request.keys {
                context.insert(name.clone(), context_value(value));
            }
            let unused_principal = Principal::Aws(PrincipalId::String("arn:aws:iam::000000000000:root".to_owned()));
            IAMRequest::new_with_context(unused_principal, request.action, self.resource.clone(), context)
        })
    }
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
