//! The content of a policy, as AWS gets it.

use iam_evaluation::Policy;
use serde_json::Value;
use vending_core::Problem;

use crate::PolicyType;

/// The content of a policy: minified JSON, with sorted fields, so that equal documents are equal texts.
#[derive(Clone, Debug)]
pub struct Content {
    name: String,
    policy_type: PolicyType,
    text: String,
    value: Value,
    /// What decides requests. Other types decide nothing.
    policy: Option<Policy>,
}

impl Content {
    pub(crate) fn new(name: &str, policy_type: PolicyType, value: Value) -> Result<Self, Problem> {
        let content = Self::unlimited(name, policy_type, value)?;
        let (size, most) = (content.size(), policy_type.maximum_size());
        if size > most {
            let detail = format!(
                "must have at most {most} characters without white space, the quota of AWS for {policy_type}, not {size}"
            );
            return Err(Problem::at(&[], detail));
        }
        Ok(content)
    }

    /// Reads a policy that exists in AWS, such as one that the manifest does not name.
    pub fn existing(name: &str, policy_type: PolicyType, text: &str) -> Result<Self, String> {
        let value = serde_json::from_str(text).map_err(|error| format!("is not valid JSON: {error}"))?;
        Self::unlimited(name, policy_type, value).map_err(|problem| problem.detail)
    }

    fn unlimited(name: &str, policy_type: PolicyType, mut value: Value) -> Result<Self, Problem> {
        value.sort_all_objects();
        let policy = policy_type.is_evaluated().then(|| Policy::parse(&value)).transpose();
        let policy = policy.map_err(|error| Problem::at(&["Statement"], format!("cannot be evaluated: {error}")))?;
        Ok(Self { name: name.to_owned(), policy_type, text: value.to_string(), value, policy })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn policy_type(&self) -> PolicyType {
        self.policy_type
    }

    /// What AWS gets.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The size in characters, as AWS counts it.
    pub fn size(&self) -> usize {
        self.text.chars().count()
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }
}
