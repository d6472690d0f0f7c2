//! Reads the fields of a JSON object and collects all problems.

mod optional;

use std::ops::RangeInclusive;

use serde_json::{Map, Number, Value};

use crate::problem::Problem;

pub use optional::INVALID_NAME;

/// Reads the fields of an object. The pointers of problems start at the whole document.
#[derive(Debug)]
pub struct ObjectReader<'a> {
    map: &'a Map<String, Value>,
    /// The JSON pointer of the object.
    pointer: String,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> ObjectReader<'a> {
    pub fn new(map: &'a Map<String, Value>) -> Self {
        Self::with_pointer(map, String::new())
    }

    fn with_pointer(map: &'a Map<String, Value>, pointer: String) -> Self {
        Self { map, pointer, known: Vec::new(), problems: Vec::new() }
    }

    /// Adds a problem of a field.
    pub fn problem(&mut self, name: &str, detail: impl Into<String>) {
        self.problem_at(&[name], detail);
    }

    /// Adds a problem at a path below this object. An empty path means the object itself.
    pub fn problem_at(&mut self, path: &[&str], detail: impl Into<String>) {
        let problem = Problem::at(path, detail);
        self.problems.push(Problem { pointer: format!("{}{}", self.pointer, problem.pointer), ..problem });
    }

    /// Adds the problems of the value of a field, whose pointers start at the value.
    pub fn problems_of(&mut self, name: &str, problems: impl IntoIterator<Item = Problem>) {
        let pointer = format!("{}{}", self.pointer, Problem::at(&[name], "").pointer);
        let problems = problems.into_iter();
        self.problems
            .extend(problems.map(|problem| Problem { pointer: format!("{pointer}{}", problem.pointer), ..problem }));
    }

    /// Reads a string that must be there. `parse` returns what is expected instead.
    pub fn required<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if self.value(name).is_none() {
            self.problem(name, "is required");
            return None;
        }
        self.optional(name, parse)
    }

    /// Reads an optional string. `parse` returns what is expected instead.
    pub fn optional<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.value(name)?;
        let parsed = as_string(value).and_then(parse);
        parsed.map_err(|detail| self.problem(name, detail)).ok()
    }

    /// Whether a field has a value, valid or not. `null` and an empty list are no values.
    pub fn has(&self, name: &str) -> bool {
        let has_value = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
        self.map.get(name).is_some_and(has_value)
    }

    /// Reads an optional whole number.
    pub fn number<T: TryFrom<u64>>(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<T> {
        let number = match self.value(name)? {
            Value::Number(number) => whole(number).filter(|number| range.contains(number)),
            _ => None,
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            let (least, most) = range.into_inner();
            self.problem(name, format!("must be a whole number from {least} to {most}"));
        }
        number
    }

    /// Reads a boolean. The default is false.
    pub fn boolean(&mut self, name: &'static str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(boolean)) => *boolean,
            Some(other) => {
                self.problem(name, format!("must be true or false, not {}", json_type(other)));
                false
            }
        }
    }

    /// Reads an object with string values. `check` returns what is wrong with an entry, if anything.
    pub fn strings(
        &mut self,
        name: &'static str,
        check: impl Fn(&str, &str) -> Option<String>,
    ) -> Vec<(String, String)> {
        let entries = match self.value(name) {
            None => return Vec::new(),
            Some(Value::Object(entries)) => entries,
            Some(other) => {
                let detail = format!("must be an object with string values, not {}", json_type(other));
                self.problem(name, detail);
                return Vec::new();
            }
        };
        for (key, value) in entries {
            let problem = match as_string(value) {
                Ok(text) => check(key, text),
                Err(detail) => Some(detail),
            };
            if let Some(detail) = problem {
                self.problem_at(&[name, key], detail);
            }
        }
        let entry = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        entries.iter().filter_map(entry).collect()
    }

    /// Reads a list of unique strings. The default is an empty list.
    pub fn list<T: PartialEq>(
        &mut self,
        name: &'static str,
        length: RangeInclusive<usize>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut read = Vec::new();
        for (index, item) in self.items(name, "strings", length).iter().enumerate() {
            match as_string(item).and_then(&parse) {
                Ok(entry) if read.contains(&entry) => self.problem_at(&[name, &index.to_string()], DUPLICATE),
                Ok(entry) => read.push(entry),
                Err(detail) => self.problem_at(&[name, &index.to_string()], detail),
            }
        }
        read
    }

    /// Reads a list of objects. The default is an empty list. `conflict` returns why two entries exclude each other.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        most: usize,
        conflict: impl Fn(&T, &T) -> Option<&'static str>,
        read: impl Fn(&mut ObjectReader<'a>) -> Option<T>,
    ) -> Vec<T> {
        let mut objects: Vec<T> = Vec::new();
        for (index, item) in self.items(name, "objects", 0..=most).iter().enumerate() {
            let path = [name, &index.to_string()];
            let Some(entry) = self.inner(&path, item, &read).flatten() else { continue };
            match objects.iter().find_map(|other| conflict(other, &entry)) {
                Some(detail) => self.problem_at(&path, detail),
                None => objects.push(entry),
            }
        }
        objects
    }

    /// Reads an optional object.
    pub fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut ObjectReader<'a>) -> T) -> Option<T> {
        let value = self.value(name)?;
        self.inner(&[name], value, read)
    }

    /// Returns all problems, including unknown fields.
    pub fn finish(mut self) -> Vec<Problem> {
        let known = self.known.join(", ");
        for name in self.map.keys() {
            if !self.known.contains(&name.as_str()) {
                self.problem(name, format!("{UNKNOWN_FIELD}{known}"));
            }
        }
        self.problems
    }

    fn inner<T>(
        &mut self,
        path: &[&str],
        value: &'a Value,
        read: impl FnOnce(&mut ObjectReader<'a>) -> T,
    ) -> Option<T> {
        let Value::Object(map) = value else {
            self.problem_at(path, format!("must be an object, not {}", json_type(value)));
            return None;
        };
        let pointer = format!("{}{}", self.pointer, Problem::at(path, "").pointer);
        let mut reader = ObjectReader::with_pointer(map, pointer);
        let object = read(&mut reader);
        self.problems.extend(reader.finish());
        Some(object)
    }

    fn items(&mut self, name: &'static str, item_type: &str, length: RangeInclusive<usize>) -> &'a [Value] {
        let items = match self.value(name) {
            None if *length.start() > 0 => {
                self.problem(name, "is required");
                return &[];
            }
            None => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(other) => {
                self.problem(name, format!("must be a list of {item_type}, not {}", json_type(other)));
                return &[];
            }
        };
        if !length.contains(&items.len()) {
            let (least, most) = length.into_inner();
            let at_least = if least == 0 { String::new() } else { format!("at least {least} and ") };
            self.problem(name, format!("must have {at_least}at most {most} entries"));
            // Entries are compared with each other, which would take long for many.
            return items.get(..most).unwrap_or(items);
        }
        items
    }

    /// The value of a field, or `None` if it is missing or `null`.
    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.map.get(name).filter(|value| !value.is_null())
    }
}

/// Starts what a problem says of an unknown field; the known fields follow, separated by commas.
pub const UNKNOWN_FIELD: &str = "is an unknown field; expected one of ";

/// What a problem says of an entry that equals an earlier one.
pub const DUPLICATE: &str = "is a duplicate";

fn as_string(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("must be a string, not {}", json_type(value)))
}

/// Accepts 500.0 as well, which is an integer in JSON Schema.
fn whole(number: &Number) -> Option<u64> {
    number.as_u64().or_else(|| number.as_f64()?.to_string().parse().ok())
}

/// The type of a value, for messages.
pub fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
