//! Conditions on strings, ARNs, booleans, and absent keys.
//!
//! The rules are those of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>. iam-rs 0.8.0
//! differs from them: it does not resolve policy variables in conditions, compares an ARN as one string, so that `*`
//! also matches the colons between its parts, does not compare booleans that are strings, and does not know operators
//! with both a qualifier and `IfExists`.

use serde_json::{Map, Value};

use crate::operator::{Compare, Comparison, Operator, Set};
use crate::pattern::Pattern;
use crate::{InvalidPolicy, Keys};

#[derive(Clone, Debug)]
pub(crate) struct Condition {
    operator: Operator,
    key: String,
    values: Vec<String>,
}

/// Separates the conditions that are evaluated here from those that iam-rs evaluates.
pub(crate) fn split(condition: Option<&Value>) -> Result<(Vec<Condition>, Map<String, Value>), InvalidPolicy> {
    let mut conditions = Vec::new();
    let mut others = Map::new();
    for (name, keys) in condition.and_then(Value::as_object).into_iter().flatten() {
        let Some(operator) = Operator::parse(name) else {
            others.insert(name.clone(), keys.clone());
            continue;
        };
        let keys = keys.as_object().ok_or_else(|| InvalidPolicy(format!("{name} must be an object with keys")))?;
        conditions.extend(keys.iter().map(|(key, values)| Condition {
            operator,
            key: key.clone(),
            values: texts(values),
        }));
    }
    Ok((conditions, others))
}

/// A value, or each of a list, as AWS compares it: as text.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

impl Condition {
    pub(crate) fn holds(&self, keys: &Keys) -> bool {
        let given = values_of(keys, &self.key);
        match self.operator {
            Operator::Null => self.values.iter().any(|value| is_true(value) == given.is_empty()),
            Operator::Compare(compare) if given.is_empty() => compare.holds_if_absent(),
            Operator::Compare(compare) => compare.holds(&given, &self.values, keys),
        }
    }
}

impl Compare {
    /// "If the key that you specify in a policy condition is not present in the request context, the values do not
    /// match and the condition is false. If the policy condition requires that the key is not matched […], the condition is
    /// true." `ForAllValues` "also returns true if there are no context keys in the request", `ForAnyValue` false:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.
    fn holds_if_absent(self) -> bool {
        self.if_exists
            || match self.set {
                Set::One => self.is_negated,
                Set::All => true,
                Set::Any => false,
            }
    }

    fn holds(self, given: &[String], expected: &[String], keys: &Keys) -> bool {
        let matches = |value: &String| expected.iter().any(|expected| self.comparison.matches(value, expected, keys));
        match (self.set, self.is_negated) {
            (Set::One | Set::Any, false) => given.iter().any(matches),
            (Set::One | Set::All, true) => !given.iter().any(matches),
            (Set::All, false) => given.iter().all(matches),
            (Set::Any, true) => !given.iter().all(matches),
        }
    }
}

impl Comparison {
    /// A variable without a value equals nothing:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>.
    fn matches(self, given: &str, expected: &str, keys: &Keys) -> bool {
        let equals = |given: &str, expected: &str| Pattern::text(expected, keys).is_some_and(|one| one.matches(given));
        let pattern = || Pattern::with_wildcards(expected, keys);
        match self {
            Self::Equals => equals(given, expected),
            Self::EqualsIgnoringCase => {
                Pattern::text(expected, keys).is_some_and(|one| one.matches_ignoring_case(given))
            }
            Self::Like => pattern().is_some_and(|pattern| pattern.matches(given)),
            Self::Arn => pattern().is_some_and(|pattern| pattern.matches_arn(given)),
            Self::Bool => given.eq_ignore_ascii_case(expected),
        }
    }
}

/// The values of a key; none if it is absent. "Key names are case-insensitive":
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
pub(crate) fn values_of(keys: &Keys, key: &str) -> Vec<String> {
    let same = || keys.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
    keys.get(key).or_else(same).map(texts).unwrap_or_default()
}

fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}
