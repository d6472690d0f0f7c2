//! A file with a request, as a JSON value, and the position of each of its fields.
//!
//! YAML and JSON are read by the same parser: JSON is YAML.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Options, Spanned, UserMessageFormatter, from_str_with_options, options};
use vending_core::Problem;

use crate::failure::{Failure, PlacedProblem};

const STDIN: &str = "-";

/// The value of a file, and where its parts are.
#[derive(Debug)]
pub(crate) struct Source {
    name: String,
    pub(crate) value: Value,
    /// By JSON pointer: a field of an object is at its key, an item of a list at its value.
    positions: BTreeMap<String, (u64, u64)>,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let (name, text) = read(path)?;
        Self::parse(&name, &text)
    }

    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let node: Spanned<Node> = from_str_with_options(text, strict()).map_err(|error| invalid(name, &error))?;
        let mut positions = BTreeMap::new();
        let value = value(node, &mut String::new(), &mut positions);
        Ok(Self { name: name.to_owned(), value, positions })
    }

    /// Where a problem of the value is in the file. A field that is missing is where its object is.
    pub(crate) fn place(&self, problem: Problem) -> PlacedProblem {
        let position = std::iter::successors(Some(problem.pointer.as_str()), |pointer| {
            pointer.rsplit_once('/').map(|(parent, _)| parent)
        })
        .find_map(|pointer| self.positions.get(pointer).copied());
        PlacedProblem {
            source: Some(self.name.clone()),
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            pointer: problem.pointer,
            detail: problem.detail,
            is_sentence: false,
        }
    }
}

/// The name of a file for messages, and its text. `-` is stdin.
pub(crate) fn read(path: &Path) -> Result<(String, String), Failure> {
    let (name, text) = if path.as_os_str() == STDIN {
        ("stdin".to_owned(), io::read_to_string(io::stdin()))
    } else {
        (path.display().to_string(), fs::read_to_string(path))
    };
    match text {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Failure::usage(format!("could not read {name}: {error}"))),
    }
}

/// `no` and `on` are words, and `0123` is not another number than it looks.
fn strict() -> Options {
    options! { strict_booleans: true }
}

fn invalid(name: &str, error: &serde_saphyr::Error) -> Failure {
    let place = error.location().map(|location| format!(":{}:{}", location.line(), location.column()));
    let message = error.without_snippet().render_with_formatter(&UserMessageFormatter);
    let message = message.lines().next().unwrap_or_default();
    // The position comes first, as in the messages of compilers.
    let message = message.split_once(" at line ").map_or(message, |(message, _)| message);
    Failure::usage(format!("{name}{}: {message}", place.unwrap_or_default()))
}

/// A value of YAML, whose parts know where they are.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Object(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(Node::Object(object))
    }
}

fn value(node: Spanned<Node>, pointer: &mut String, positions: &mut BTreeMap<String, (u64, u64)>) -> Value {
    positions.entry(pointer.clone()).or_insert_with(|| at(node.referenced));
    let length = pointer.len();
    let mut descend = |step: &str, position: Option<Location>, inner: Spanned<Node>| {
        *pointer += &Problem::at(&[step], "").pointer;
        if let Some(position) = position {
            positions.insert(pointer.clone(), at(position));
        }
        let inner = value(inner, pointer, positions);
        pointer.truncate(length);
        inner
    };
    match node.value {
        Node::Scalar(scalar) => scalar,
        Node::List(items) => {
            let items = items.into_iter().enumerate();
            items.map(|(index, item)| descend(&index.to_string(), None, item)).collect()
        }
        Node::Object(entries) => {
            let mut object = Map::new();
            for (key, inner) in entries {
                let inner = descend(&key.value, Some(key.referenced), inner);
                object.insert(key.value, inner);
            }
            object.into()
        }
    }
}

fn at(location: Location) -> (u64, u64) {
    (location.line(), location.column())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const YAML: &str = "\
# A request.
accountName: payments-dev
tags: {CostCenter: '0123', Team/A: no}
access:
  - group: developers
    permissionSet: ReadOnlyAccess
  - user: jo@example.com
monthlyBudgetUsd: 500
";

    fn place(source: &Source, pointer: &str) -> String {
        source.place(Problem { pointer: pointer.to_owned(), detail: "is wrong".to_owned() }).to_line()
    }

    #[test]
    fn yaml_becomes_the_same_value_as_json() {
        let expected = json!({
            "accountName": "payments-dev", "tags": { "CostCenter": "0123", "Team/A": "no" }, "monthlyBudgetUsd": 500,
            "access": [{ "group": "developers", "permissionSet": "ReadOnlyAccess" }, { "user": "jo@example.com" }],
        });
        assert_eq!(Source::parse("a.yaml", YAML).unwrap().value, expected);
        let pretty = serde_json::to_string_pretty(&expected).unwrap();
        assert_eq!(Source::parse("a.json", &pretty).unwrap().value, expected);
        assert_eq!(Source::parse("a.json", &pretty.replace("  ", "\t")).unwrap().value, expected);
    }

    #[test]
    fn pointers_lead_to_lines_and_columns() {
        let source = Source::parse("a.yaml", YAML).unwrap();
        for (pointer, expected) in [
            ("/accountName", "a.yaml:2:1: /accountName is wrong"),
            ("/tags/CostCenter", "a.yaml:3:8: /tags/CostCenter is wrong"),
            ("/tags/Team~1A", "a.yaml:3:28: /tags/Team~1A is wrong"),
            ("/access/1/user", "a.yaml:7:5: /access/1/user is wrong"),
            ("/access/1", "a.yaml:7:5: /access/1 is wrong"),
            ("/access/1/permissionSet", "a.yaml:7:5: /access/1/permissionSet is wrong"),
            ("/organizationalUnit", "a.yaml:2:1: /organizationalUnit is wrong"),
            ("", "a.yaml:2:1: the request is wrong"),
        ] {
            assert_eq!(place(&source, pointer), expected);
        }
    }

    #[test]
    fn json_has_positions_too() {
        let source = Source::parse("a.json", "{\n  \"owner\": 7,\n  \"tags\": { \"a\": [1,\n 2] }\n}\n").unwrap();
        assert_eq!(place(&source, "/owner"), "a.json:2:3: /owner is wrong");
        assert_eq!(place(&source, "/tags/a/1"), "a.json:4:2: /tags/a/1 is wrong");
    }

    #[test]
    fn invalid_file_is_reported_with_its_position() {
        let error = |text| Source::parse("a.yaml", text).unwrap_err().message;
        for text in ["accountName: [", "owner: x\nowner: y\n", "{\"a\": 1,\n \"a\": 2}", "a: b: c", "a: *x"] {
            assert!(error(text).starts_with("a.yaml"), "{}", error(text));
        }
        assert!(error("owner: x\nowner: y\n").starts_with("a.yaml:2:1: "), "{}", error("owner: x\nowner: y\n"));
    }

    #[test]
    fn several_documents_are_rejected() {
        assert!(Source::parse("a.yaml", "accountName: a\n---\naccountName: b\n").is_err());
    }
}
