//! Fields whose absence differs from an empty value, and objects with free names.

use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::{Number, Value};

use super::{ObjectReader, json_type, whole};
use crate::suggestion::nearest;

/// Starts what a problem says of the name of a field, as opposed to its value.
pub const INVALID_NAME: &str = "has an invalid name: it ";

/// What an object with free names has.
const ENTRIES: &str = "a name for each entry";

impl<'a> ObjectReader<'a> {
    /// Whether a field has a value. An empty list is a value; `null` is not.
    pub fn is_given(&mut self, name: &'static str) -> bool {
        self.value(name).is_some()
    }

    /// The value of a field, of any type.
    pub fn any(&mut self, name: &'static str) -> Option<&'a Value> {
        self.value(name)
    }

    /// Reads a boolean that may be missing.
    pub fn optional_boolean(&mut self, name: &'static str) -> Option<bool> {
        self.is_given(name).then(|| self.boolean(name))
    }

    /// Reads one of a few words. `words` are the words that `T` accepts.
    pub fn choice<T: FromStr>(&mut self, name: &'static str, words: &[&str]) -> Option<T> {
        let value = self.value(name)?;
        let text = value.as_str();
        let parsed = text.and_then(|text| text.parse().ok());
        if parsed.is_none() {
            let meant = text.and_then(|text| nearest(text, words.iter().copied()));
            let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            self.problem(name, format!("must be {}{meant}", one_of(words)));
        }
        parsed
    }

    /// Reads one of a few words that must be there.
    pub fn required_choice<T: FromStr>(&mut self, name: &'static str, words: &[&str]) -> Option<T> {
        if !self.is_given(name) {
            self.problem(name, format!("is required: {}", one_of(words)));
        }
        self.choice(name, words)
    }

    /// Reads a list that may be missing.
    pub fn optional_list<T: PartialEq>(
        &mut self,
        name: &'static str,
        length: RangeInclusive<usize>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        self.is_given(name).then(|| self.list(name, length, parse))
    }

    /// Reads a number greater than zero, whole or not.
    pub fn positive(&mut self, name: &'static str, most: f64) -> Option<Number> {
        let value = self.value(name);
        let Some(value) = value else {
            self.problem(name, "is required");
            return None;
        };
        let number = value.as_number().filter(|number| number.as_f64().is_some_and(|n| n > 0.0 && n <= most));
        if number.is_none() {
            self.problem(name, format!("must be a number greater than 0, at most {most}"));
        }
        number.cloned()
    }

    /// Reads an object with free names and objects as values.
    pub fn objects_by_name<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&str, &mut ObjectReader<'a>) -> T,
    ) -> Vec<(String, T)> {
        let entries = self.entries(name);
        let read_entry = |(key, value): (&'a String, &'a Value)| {
            let entry = self.inner(&[name, key], value, |fields| read(key, fields))?;
            Some((key.clone(), entry))
        };
        entries.into_iter().filter_map(read_entry).collect()
    }

    /// Reads an object with free names and whole numbers as values. `check` returns what is wrong with a name, if
    /// anything.
    pub fn numbers_by_name(
        &mut self,
        name: &'static str,
        range: &RangeInclusive<u64>,
        check: impl Fn(&str) -> Option<String>,
    ) -> Vec<(String, u64)> {
        let mut read = Vec::new();
        for (key, value) in self.entries(name) {
            if let Some(detail) = check(key) {
                self.problem_at(&[name, key], format!("{INVALID_NAME}{detail}"));
            }
            let number = value.as_number().and_then(whole).filter(|number| range.contains(number));
            if let Some(number) = number {
                read.push((key.clone(), number));
            } else {
                let (least, most) = (range.start(), range.end());
                self.problem_at(&[name, key], format!("must be a whole number from {least} to {most}"));
            }
        }
        read
    }

    fn entries(&mut self, name: &'static str) -> Vec<(&'a String, &'a Value)> {
        match self.value(name) {
            None => Vec::new(),
            Some(Value::Object(entries)) => entries.iter().collect(),
            Some(other) => {
                self.problem(name, format!("must be an object with {ENTRIES}, not {}", json_type(other)));
                Vec::new()
            }
        }
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [word] => (*word).to_owned(),
        [first, second] => format!("{first} or {second}"),
        words => format!("one of {}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(value: &Value, read: impl FnOnce(&mut ObjectReader<'_>)) -> Vec<String> {
        let mut fields = ObjectReader::new(value.as_object().unwrap());
        read(&mut fields);
        fields.finish().into_iter().map(|problem| format!("{} {}", problem.pointer, problem.detail)).collect()
    }

    #[test]
    fn empty_list_differs_from_a_missing_list() {
        let value = json!({ "a": [], "b": null });
        let read = |fields: &mut ObjectReader<'_>| {
            let mut list = |name| fields.optional_list(name, 0..=9, |text| Ok(text.to_owned()));
            assert_eq!((list("a"), list("b"), list("c")), (Some(vec![]), None, None));
        };
        assert!(problems(&value, read).is_empty());
    }

    #[test]
    fn named_numbers_are_checked_one_by_one() {
        let value = json!({ "owners": { "acme": 1, "b/c": 2, "d": 0, "e": "1" } });
        let check = |name: &str| name.contains('/').then(|| "must have no slash".to_owned());
        let found = problems(&value, |fields| {
            let read = fields.numbers_by_name("owners", &(1..=9), check);
            assert_eq!(read, [("acme".to_owned(), 1), ("b/c".to_owned(), 2)]);
        });
        assert_eq!(
            found,
            [
                "/owners/b~1c has an invalid name: it must have no slash",
                "/owners/d must be a whole number from 1 to 9",
                "/owners/e must be a whole number from 1 to 9",
            ]
        );
    }

    #[test]
    fn other_word_or_type_is_not_a_choice() {
        let value = json!({ "a": "true", "b": "flase", "c": true, "d": null });
        let found = problems(&value, |fields| {
            let mut read = |name| fields.choice::<bool>(name, &["true", "false"]);
            assert_eq!((read("a"), read("b"), read("c"), read("d")), (Some(true), None, None, None));
        });
        assert_eq!(found, ["/b must be true or false; did you mean `false`?", "/c must be true or false"]);
    }

    #[test]
    fn named_objects_are_read_with_their_names() {
        let value = json!({ "units": { "A": { "x": "1" }, "B": 7 } });
        let found = problems(&value, |fields| {
            let read = fields.objects_by_name("units", |name, unit| {
                (name.to_owned(), unit.optional("x", |text| Ok(text.to_owned())))
            });
            assert_eq!(read, [("A".to_owned(), ("A".to_owned(), Some("1".to_owned())))]);
        });
        assert_eq!(found, ["/units/B must be an object, not a number"]);
    }

    #[test]
    fn positive_number_has_a_maximum() {
        for (value, is_valid) in
            [(json!(6), true), (json!(0.5), true), (json!(0), false), (json!(11), false), (json!("1"), false)]
        {
            let body = json!({ "value": value });
            let found = problems(&body, |fields| assert_eq!(fields.positive("value", 10.0).is_some(), is_valid));
            assert_eq!(found.is_empty(), is_valid, "{value}");
        }
    }
}
