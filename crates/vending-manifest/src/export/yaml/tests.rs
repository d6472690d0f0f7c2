//! The order of the fields, compared with the example and the schema.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::order::{FIELDS, rank};
use super::*;

fn example() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../organization/organization.yaml")).unwrap()
}

fn read(text: &str) -> Manifest {
    Manifest::from_yaml("organization.yaml", text, None).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

#[test]
fn example_survives_being_written() {
    let manifest = read(&example());
    let written = write(&manifest, &Comments::default(), "organization.schema.json");
    assert_eq!(read(&written), manifest);
    assert!(written.lines().all(|line| line.chars().count() <= WIDTH), "{written}");
}

#[test]
fn fields_are_in_the_order_of_the_example() {
    let orders = field_orders(&example());
    assert!(orders.len() > 30, "{orders:?}");
    for order in orders {
        let ranks: Vec<Option<usize>> = if order.iter().all(|name| TOP.contains(&name.as_str())) {
            order.iter().map(|name| TOP.iter().position(|section| section == name)).collect()
        } else {
            order.iter().map(|name| Some(rank(name))).collect()
        };
        assert!(ranks.is_sorted(), "{order:?}");
    }
}

/// The names of the fields of each object, without objects whose names people choose.
fn field_orders(text: &str) -> Vec<Vec<String>> {
    let mut orders: Vec<Vec<String>> = Vec::new();
    let mut open: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        if let Some((_, inner)) = line.split_once("{ ") {
            let fields = inner.split('}').next().unwrap_or_default().split(", ");
            orders.push(fields.filter_map(|field| Some(field.split_once(':')?.0.to_owned())).collect());
        }
        let indent = line.len() - line.trim_start().len();
        let Some((name, _)) = line.trim_start().split_once(':').filter(|(name, _)| !name.contains(' ')) else {
            continue;
        };
        orders.extend(open.split_off(&(indent + 1)).into_values());
        open.entry(indent).or_default().push(name.to_owned());
    }
    orders.extend(open.into_values());
    let is_field = |name: &String| TOP.contains(&name.as_str()) || FIELDS.contains(&name.as_str());
    orders.retain(|order| order.iter().all(is_field));
    orders
}

#[test]
fn every_field_has_a_place_in_the_order() {
    let schema = crate::schema();
    let sections = schema["properties"].as_object().unwrap().keys().map(String::as_str);
    assert_eq!(sections.filter(|name| !TOP.contains(name)).collect::<Vec<_>>(), [""; 0]);
    for (definition, object) in schema["$defs"].as_object().unwrap() {
        let fields = object["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let missing: Vec<&str> = fields.filter(|name| !FIELDS.contains(name)).collect();
        assert_eq!(missing, [""; 0], "{definition}");
    }
}
