//! Writes a manifest as YAML, in the order and the style of the example.

mod order;
mod place;
mod scalar;

use serde_json::{Map, Value};

use super::comments::Comments;
use crate::manifest::Manifest;
use order::TOP;
use place::Place;
use scalar::{flow, one_line, scalar, wrapped};

/// The manifest with its comments. `schema` is the address of its JSON Schema.
pub(super) fn write(manifest: &Manifest, comments: &Comments, schema: &str) -> String {
    // A manifest has no maps with other keys than strings, so serializing it does not fail.
    let fields = match serde_json::to_value(manifest) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let mut writer = Writer { text: String::new(), comments };
    writer.header(schema);
    for name in TOP {
        writer.top(name, fields.get(name));
    }
    writer.text
}

struct Writer<'a> {
    text: String,
    comments: &'a Comments,
}

/// Longer lines are split.
const WIDTH: usize = 120;

const PURPOSE: &str = "The organization as it is in AWS, from `vend organization export`. What is not in this file is not \
                       managed: it is reported, and left alone in AWS.";
const NOT_EXPORTED: &str = "Core accounts, the management account, the log archive, the security services, the contents of \
                            IAM Identity Center, and alerts about costs are not exported.";
const DIFFERENCES: &str = "A plan of this file has changes, although nothing was changed in it:";

impl Writer<'_> {
    fn header(&mut self, schema: &str) {
        self.line(&format!("# yaml-language-server: $schema={}", one_line(schema)));
        self.line("#");
        self.comment(PURPOSE, 0);
        self.comment(NOT_EXPORTED, 0);
        let differences = self.comments.differences();
        if !differences.is_empty() {
            self.line("#");
            self.comment(DIFFERENCES, 0);
        }
        for difference in differences {
            self.comment(&format!("- {difference}"), 0);
        }
    }

    /// A field at the top, after an empty line. One that is missing can have comments, too.
    fn top(&mut self, name: &str, value: Option<&Value>) {
        let place = Place::top();
        let has_comments = !self.comments.at(&place.pointer_of(name)).is_empty();
        if value.is_some() || has_comments {
            self.line("");
        }
        match value {
            Some(value) => self.field(name, value, &place),
            None => self.comments_of(name, &place),
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, place: &Place) {
        for (name, value) in place.ordered(fields) {
            self.field(name, value, place);
        }
    }

    fn field(&mut self, name: &str, value: &Value, place: &Place) {
        self.comments_of(name, place);
        let below = place.below(name);
        let start = format!("{}{}:", " ".repeat(place.indent), scalar(name, false));
        let line = format!("{start} {}", flow(value, &below));
        let fits = line.chars().count() <= WIDTH;
        match value {
            Value::Object(fields) if !(fields.is_empty() || fits && place.is_flow(name, fields)) => {
                self.line(&start);
                self.fields(fields, &below);
            }
            Value::Array(items) if !(items.is_empty() || fits && items.iter().all(is_scalar)) => {
                self.line(&start);
                for item in items {
                    self.item(item, &below);
                }
            }
            _ => self.line(&line),
        }
    }

    fn item(&mut self, item: &Value, place: &Place) {
        let start = format!("{}-", " ".repeat(place.indent));
        let line = format!("{start} {}", flow(item, place));
        match item {
            Value::Object(fields) if line.chars().count() > WIDTH => {
                let mut writer = Writer { text: String::new(), comments: self.comments };
                writer.fields(fields, &place.in_item());
                self.text.push_str(&start);
                self.text.push_str(writer.text.get(start.len()..).unwrap_or_default());
            }
            _ => self.line(&line),
        }
    }

    fn comments_of(&mut self, name: &str, place: &Place) {
        let comments = self.comments;
        for line in comments.at(&place.pointer_of(name)) {
            self.comment(line, place.indent);
        }
    }

    fn comment(&mut self, text: &str, indent: usize) {
        let indent = " ".repeat(indent);
        for line in wrapped(&one_line(text), WIDTH - indent.len() - "# ".len()) {
            self.line(&format!("{indent}# {line}"));
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

#[cfg(test)]
mod tests;
