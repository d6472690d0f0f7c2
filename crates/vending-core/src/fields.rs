//! Reads the fields of a JSON object and collects every problem, instead of stopping at the first.

use std::ops::RangeInclusive;

use serde_json::{Map, Number, Value};

use crate::request::Problem;

pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    /// JSON pointer of the object itself.
    pointer: String,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(map: &'a Map<String, Value>) -> Self {
        Self::below(map, String::new())
    }

    fn below(map: &'a Map<String, Value>, pointer: String) -> Self {
        Self { map, pointer, known: Vec::new(), problems: Vec::new() }
    }

    /// Something is wrong with a field.
    pub(crate) fn problem(&mut self, name: &str, detail: impl Into<String>) {
        self.problem_at(&[name], detail);
    }

    /// Something is wrong below this object, or, with an empty path, with the object as a whole.
    pub(crate) fn problem_at(&mut self, path: &[&str], detail: impl Into<String>) {
        let below = Problem::at(path, detail);
        self.problems.push(Problem { pointer: format!("{}{}", self.pointer, below.pointer), ..below });
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
        let value = self.value(name)?;
        let parsed = text(value).and_then(parse);
        parsed.map_err(|detail| self.problem(name, detail)).ok()
    }

    /// Whether a field says anything, right or wrong.
    pub(crate) fn has(&self, name: &str) -> bool {
        let says = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
        self.map.get(name).is_some_and(says)
    }

    /// A whole number.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<T> {
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

    /// A boolean; false when left out.
    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.problem(name, format!("must be true or false, not {}", kind(other)));
                false
            }
        }
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
            let wrong = match text(value) {
                Ok(text) => check(key, text),
                Err(detail) => Some(detail),
            };
            if let Some(detail) = wrong {
                self.problem_at(&[name, key], detail);
            }
        }
        let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        entries.iter().filter_map(text).collect()
    }

    /// A list of texts, each of them once; empty when left out.
    pub(crate) fn list<T: PartialEq>(
        &mut self,
        name: &'static str,
        length: RangeInclusive<usize>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut read = Vec::new();
        for (place, item) in self.items(name, "texts", length).iter().enumerate() {
            match text(item).and_then(&parse) {
                Ok(entry) if read.contains(&entry) => self.problem_at(&[name, &place.to_string()], TWICE),
                Ok(entry) => read.push(entry),
                Err(detail) => self.problem_at(&[name, &place.to_string()], detail),
            }
        }
        read
    }

    /// A list of objects; empty when left out. `clash` answers what is wrong with an entry that comes after another.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        most: usize,
        clash: impl Fn(&T, &T) -> Option<&'static str>,
        read: impl Fn(&mut Fields<'a>) -> Option<T>,
    ) -> Vec<T> {
        let mut objects: Vec<T> = Vec::new();
        for (place, item) in self.items(name, "objects", 0..=most).iter().enumerate() {
            let path = [name, &place.to_string()];
            let Some(entry) = self.inner(&path, item, &read).flatten() else { continue };
            match objects.iter().find_map(|other| clash(other, &entry)) {
                Some(detail) => self.problem_at(&path, detail),
                None => objects.push(entry),
            }
        }
        objects
    }

    /// An object; `None` when it is left out.
    pub(crate) fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'a>) -> T) -> Option<T> {
        let value = self.value(name)?;
        self.inner(&[name], value, read)
    }

    /// All problems, those of unknown fields included.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        let known = self.known.join(", ");
        let whose = if self.pointer.is_empty() { "of a request" } else { "here" };
        for name in self.map.keys() {
            if !self.known.contains(&name.as_str()) {
                self.problem(name, format!("is not a field {whose}; the fields are {known}"));
            }
        }
        self.problems
    }

    fn inner<T>(&mut self, path: &[&str], value: &'a Value, read: impl FnOnce(&mut Fields<'a>) -> T) -> Option<T> {
        let Value::Object(map) = value else {
            self.problem_at(path, format!("must be an object, not {}", kind(value)));
            return None;
        };
        let pointer = format!("{}{}", self.pointer, Problem::at(path, "").pointer);
        let mut fields = Fields::below(map, pointer);
        let object = read(&mut fields);
        self.problems.extend(fields.finish());
        Some(object)
    }

    fn items(&mut self, name: &'static str, what: &str, length: RangeInclusive<usize>) -> &'a [Value] {
        let items = match self.value(name) {
            None if *length.start() > 0 => {
                self.problem(name, "is required");
                return &[];
            }
            None => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(other) => {
                self.problem(name, format!("must be a list of {what}, not {}", kind(other)));
                return &[];
            }
        };
        if !length.contains(&items.len()) {
            let (least, most) = length.into_inner();
            let least = if least == 0 { String::new() } else { format!("at least {least} and ") };
            self.problem(name, format!("must have {least}at most {most} entries"));
        }
        items
    }

    /// A field that is `null` counts as left out.
    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.map.get(name).filter(|value| !value.is_null())
    }
}

pub(crate) const TWICE: &str = "is there twice";

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("must be a text, not {}", kind(value)))
}

/// Some write 500 as 500.0, which JSON Schema calls an integer, too.
fn whole(number: &Number) -> Option<u64> {
    number.as_u64().or_else(|| number.as_f64()?.to_string().parse().ok())
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
