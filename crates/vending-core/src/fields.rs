//! Reads the fields of a JSON object and collects every problem, instead of stopping at the first.

use serde_json::{Map, Value};

use crate::request::Problem;

pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(map: &'a Map<String, Value>) -> Self {
        Self { map, known: Vec::new(), problems: Vec::new() }
    }

    pub(crate) fn problem(&mut self, name: &str, detail: impl Into<String>) {
        self.problems.push(Problem::at(&[name], detail));
    }

    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.value(name).is_none() {
            self.problem(name, "is required");
            return None;
        }
        self.optional(name, parse)
    }

    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let parsed = match self.value(name)? {
            Value::String(text) => parse(text),
            other => Err(format!("must be a text, not {}", kind(other))),
        };
        parsed.map_err(|detail| self.problem(name, detail)).ok()
    }

    /// An object of texts; `check` answers what is wrong with one entry.
    pub(crate) fn texts(
        &mut self,
        name: &'static str,
        check: impl Fn(&str, &str) -> Option<String>,
    ) -> Vec<(String, String)> {
        let entries = match self.value(name) {
            None => return Vec::new(),
            Some(Value::Object(entries)) => entries,
            Some(other) => {
                let detail = format!("must be an object of texts, not {}", kind(other));
                self.problem(name, detail);
                return Vec::new();
            }
        };
        for (key, value) in entries {
            let wrong = match value {
                Value::String(text) => check(key, text),
                other => Some(format!("must be a text, not {}", kind(other))),
            };
            if let Some(detail) = wrong {
                self.problems.push(Problem::at(&[name, key], detail));
            }
        }
        let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        entries.iter().filter_map(text).collect()
    }

    /// All problems, those of unknown fields included.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        let known = self.known.join(", ");
        for name in self.map.keys() {
            if !self.known.contains(&name.as_str()) {
                let detail = format!("is not a field of a request; the fields are {known}");
                self.problems.push(Problem::at(&[name], detail));
            }
        }
        self.problems
    }

    /// A field that is `null` counts as left out.
    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.map.get(name).filter(|value| !value.is_null())
    }
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
