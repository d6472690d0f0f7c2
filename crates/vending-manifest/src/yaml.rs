//! Parses YAML 1.2 into JSON, and notes the position of every field and value.
//!
//! `yes`, `no`, `on`, and `off` are strings, as are numbers with leading zeros or underscores. Anchors and aliases work.
//! Merge keys (`<<`) are not part of YAML 1.2 and are rejected, as are unknown tags and several documents in one file.

mod node;

use serde_json::{Map, Value};
use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy, Options, Spanned};
use vending_core::{DUPLICATE, Problem};

use crate::position::{Place, Position, Positions};
use node::Node;

pub(crate) struct Document {
    pub(crate) value: Value,
    pub(crate) positions: Positions,
    /// Problems with a position of their own.
    pub(crate) problems: Vec<(Position, Problem)>,
}

const MERGE_KEY: &str = "is a merge key, which YAML 1.2 does not have; write its fields out";

/// Parses one document. An error has the position of what is not valid YAML.
pub(crate) fn parse(text: &str) -> Result<Document, (Position, String)> {
    let root: Spanned<Node> = serde_saphyr::from_str_with_options(text, options()).map_err(|error| syntax(&error))?;
    let mut builder = Builder::default();
    let value = builder.build("", None, root);
    Ok(Document { value, positions: builder.positions, problems: builder.problems })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 2,
            max_depth: MAXIMUM_DEPTH,
            max_nodes: MAXIMUM_NODES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAXIMUM_NODES,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// A manifest with five levels of OUs is about twenty levels deep.
const MAXIMUM_DEPTH: usize = 48;
/// A manifest with 2,000 OUs, the quota of AWS, has fewer.
const MAXIMUM_NODES: usize = 200_000;

fn syntax(error: &serde_saphyr::Error) -> (Position, String) {
    let position = error.location().map_or(Position::START, position);
    if matches!(error.without_snippet(), serde_saphyr::Error::MultipleDocuments { .. }) {
        return (position, "the file must have one YAML document, without `---` between several".to_owned());
    }
    (position, format!("the file is not valid YAML: {}", message(error)))
}

/// The message without the position, which the diagnostic has.
fn message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text.get(..end).unwrap_or(&text).to_owned()
}

fn position(location: serde_saphyr::Location) -> Position {
    let (line, column) = (location.line(), location.column());
    if line == 0 { Position::START } else { Position { line, column: column.max(1) } }
}

#[derive(Default)]
struct Builder {
    positions: Positions,
    problems: Vec<(Position, Problem)>,
}

impl Builder {
    fn build(&mut self, pointer: &str, name: Option<Position>, node: Spanned<Node>) -> Value {
        let marks_name = !matches!(&node.value, Node::Scalar(value) if !value.is_null());
        let place = Place { name, value: position(node.referenced), marks_name };
        self.positions.insert(pointer.to_owned(), place);
        match node.value {
            Node::Scalar(value) => value,
            Node::List(items) => {
                let item = |(index, item)| self.build(&format!("{pointer}/{index}"), None, item);
                items.into_iter().enumerate().map(item).collect()
            }
            Node::Object(fields) => self.object(pointer, fields),
        }
    }

    fn object(&mut self, pointer: &str, fields: Vec<(Spanned<String>, Spanned<Node>)>) -> Value {
        let mut object = Map::new();
        for (name, node) in fields {
            let below = format!("{pointer}{}", Problem::at(&[&name.value], "").pointer);
            let at = position(name.referenced);
            if name.value == "<<" {
                self.problem(at, below, MERGE_KEY.to_owned());
            } else if object.contains_key(&name.value) {
                let first = self.positions.find(&below, true).line;
                self.problem(at, below, format!("{DUPLICATE} of the field in line {first}"));
            } else {
                let value = self.build(&below, Some(at), node);
                object.insert(name.value, value);
            }
        }
        Value::Object(object)
    }

    fn problem(&mut self, position: Position, pointer: String, detail: String) {
        self.problems.push((position, Problem { pointer, detail }));
    }
}
