//! The vending role in the accounts can do what the steps do with it, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bootstrap_role::Permissions;
use serde_json::Value;

use crate::project::{folders, root};

/// Makes the vending role, and so works with another one.
const MAKER: &str = "bootstrap-role";

#[test]
fn the_vending_role_allows_what_the_steps_do_and_nothing_else() {
    let account = "111111111111".parse().unwrap();
    let closed_role = Some("OrganizationAccountAccessRole");
    let permissions = Permissions { account: &account, github_boundary: "arn:boundary", closed_role }.document();
    let statements = permissions["Statement"].as_array().unwrap().iter();
    let allowed: BTreeSet<String> = statements.flat_map(|statement| actions(&statement["Action"])).collect();
    let steps = folders("functions").into_iter().filter(|folder| folder != MAKER);
    let used: BTreeSet<String> = steps.flat_map(|folder| session_actions(&folder)).collect();
    let (missing, unused): (Vec<_>, Vec<_>) =
        (used.difference(&allowed).collect(), allowed.difference(&used).collect());
    assert!(missing.is_empty() && unused.is_empty(), "in {MAKER}, missing: {missing:#?}, used by no step: {unused:#?}");
}

/// One action, or a list of them.
fn actions(action: &Value) -> Vec<String> {
    match action {
        Value::Array(actions) => actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    }
}

/// What the sessions of a step may do: the entries of its constants that are named `…ACTIONS`.
fn session_actions(folder: &str) -> Vec<String> {
    let mut texts = Vec::new();
    read_sources(&root().join("functions").join(folder).join("src"), &mut texts);
    let lists = texts.iter().flat_map(|text| text.split("ACTIONS: &[&str] = &[").skip(1));
    let lists = lists.map(|rest| rest.split("];").next().unwrap());
    lists.flat_map(|list| list.split('"').skip(1).step_by(2)).map(str::to_owned).collect()
}

fn read_sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, texts);
        } else {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
}
