//! Values of policies, with wildcards and policy variables.
//!
//! Variables are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>:
//! `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}`, and `${$}`.

use crate::Keys;
use crate::condition::values_of;

/// A value whose variables are resolved. What a variable stands for has no wildcards.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Character(char),
    /// `?`
    One,
    /// `*`
    Many,
}

impl Pattern {
    /// Returns `None` if a variable has no value.
    pub(crate) fn with_wildcards(text: &str, keys: &Keys) -> Option<Self> {
        let part = |character| match character {
            '*' => Part::Many,
            '?' => Part::One,
            other => Part::Character(other),
        };
        resolve(text, keys, part)
    }

    /// `*` and `?` match themselves. Returns `None` if a variable has no value.
    pub(crate) fn text(text: &str, keys: &Keys) -> Option<Self> {
        resolve(text, keys, Part::Character)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        matches(&self.0, &text.chars().collect::<Vec<_>>())
    }

    pub(crate) fn matches_ignoring_case(&self, text: &str) -> bool {
        let lower = |part: &Part| match part {
            Part::Character(character) => character.to_lowercase().map(Part::Character).collect(),
            other => vec![*other],
        };
        matches(&self.0.iter().flat_map(lower).collect::<Vec<_>>(), &text.to_lowercase().chars().collect::<Vec<_>>())
    }

    /// "Each of the six colon-delimited components of the ARN is checked separately and each can include
    /// multi-character match wildcards (*) or single-character match wildcards (?)":
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>.
    pub(crate) fn matches_arn(&self, arn: &str) -> bool {
        let parts: Vec<&[Part]> = self.0.splitn(ARN_PARTS, |part| *part == Part::Character(':')).collect();
        if parts.len() < ARN_PARTS {
            // `*`, or an ARN that ends early with one.
            return self.matches(arn);
        }
        let components: Vec<Vec<char>> = arn.splitn(ARN_PARTS, ':').map(|one| one.chars().collect()).collect();
        components.len() == ARN_PARTS && parts.iter().zip(&components).all(|(part, component)| matches(part, component))
    }
}

const ARN_PARTS: usize = 6;

fn resolve(text: &str, keys: &Keys, part: impl Fn(char) -> Part) -> Option<Pattern> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        parts.extend(before.chars().map(&part));
        parts.extend(value(variable, keys)?.chars().map(Part::Character));
        rest = after;
    }
    parts.extend(rest.chars().map(&part));
    Some(Pattern(parts))
}

/// What a variable stands for. A key with several values cannot be a variable.
fn value(variable: &str, keys: &Keys) -> Option<String> {
    if matches!(variable, "*" | "?" | "$") {
        return Some(variable.to_owned());
    }
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (key, default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''))),
        None => (variable, None),
    };
    match values_of(keys, key.trim()).as_slice() {
        [one] => Some(one.clone()),
        _ => default.map(str::to_owned),
    }
}

/// Compares greedily. After a mismatch, the last `*` takes one character more.
fn matches(parts: &[Part], text: &[char]) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut last_many: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at) {
        match parts.get(part) {
            Some(Part::Many) => {
                last_many = Some((part, at));
                part += 1;
            }
            Some(Part::One) => (part, at) = (part + 1, at + 1),
            Some(Part::Character(expected)) if expected == character => (part, at) = (part + 1, at + 1),
            _ => match last_many {
                Some((many, taken)) => {
                    last_many = Some((many, taken + 1));
                    (part, at) = (many + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    parts.get(part..).unwrap_or_default().iter().all(|part| *part == Part::Many)
}
