//! The cases notice when a policy is changed by mistake.

use serde_json::{Value, json};
use vending_policies::{Chain, Content};

use crate::organization::Organization;

/// Checks that each changed document fails at least one case of its policy.
fn assert_noticed(mutate: impl Fn(&Value) -> Vec<(String, Value)>) {
    let organization = Organization::read();
    let mut unnoticed = Vec::new();
    let mut count = 0;
    for (name, cases) in &organization.cases {
        let content = &organization.contents[name];
        for (change, document) in mutate(content.value()) {
            let changed = Content::existing(name, content.policy_type(), &document.to_string()).unwrap();
            let failed = Chain::alone(changed).try_cases(cases, &organization.values).unwrap();
            count += 1;
            if failed.is_empty() {
                unnoticed.push(format!("{name}: {change}"));
            }
        }
    }
    assert!(count > 0 && unnoticed.is_empty(), "{count} changes, unnoticed: {unnoticed:#?}");
}

fn statements(document: &Value) -> &Vec<Value> {
    document["Statement"].as_array().unwrap()
}

/// The document with each of its statements changed in some ways.
fn by_statement(document: &Value, change: impl Fn(&Value) -> Vec<(String, Value)>) -> Vec<(String, Value)> {
    let changed = |(index, statement): (usize, &Value)| {
        let sid = statement["Sid"].as_str().unwrap().to_owned();
        let replaced = move |(label, statement): (String, Value)| {
            let mut document = document.clone();
            document["Statement"][index] = statement;
            (format!("{sid}: {label}"), document)
        };
        change(statement).into_iter().map(replaced).collect::<Vec<_>>()
    };
    statements(document).iter().enumerate().flat_map(changed).collect()
}

#[test]
fn missing_statement_is_noticed() {
    assert_noticed(|document| {
        let without = |(index, statement): (usize, &Value)| {
            let mut document = document.clone();
            document["Statement"].as_array_mut().unwrap().remove(index);
            (statement["Sid"].to_string(), document)
        };
        statements(document).iter().enumerate().map(without).collect()
    });
}

#[test]
fn missing_condition_is_noticed() {
    assert_noticed(|document| {
        by_statement(document, |statement| {
            let operators = statement["Condition"].as_object().into_iter().flatten();
            let without = |(operator, _): (&String, &Value)| {
                let mut statement = statement.clone();
                statement["Condition"].as_object_mut().unwrap().remove(operator);
                (format!("without {operator}"), statement)
            };
            operators.map(without).collect()
        })
    });
}

const EXEMPT: &str = "/Condition/ArnNotLike/aws:PrincipalArn";

fn exempt(statement: &Value) -> Vec<Value> {
    match statement.pointer(EXEMPT) {
        Some(Value::Array(arns)) => arns.clone(),
        Some(arn) => vec![arn.clone()],
        None => Vec::new(),
    }
}

#[test]
fn missing_exemption_is_noticed() {
    assert_noticed(|document| {
        by_statement(document, |statement| {
            let arns = exempt(statement);
            let without = |arn: &Value| {
                let mut statement = statement.clone();
                *statement.pointer_mut(EXEMPT).unwrap() = arns.iter().filter(|other| *other != arn).cloned().collect();
                (format!("without {arn}"), statement)
            };
            arns.iter().map(without).collect()
        })
    });
}

/// The mistake that the manual warns of.
#[test]
fn exemption_of_the_whole_path_is_noticed() {
    assert_noticed(|document| {
        by_statement(document, |statement| {
            let mut arns = exempt(statement);
            if arns.is_empty() {
                return Vec::new();
            }
            arns.push("arn:aws:iam::*:role/account-vending/*".into());
            let mut statement = statement.clone();
            *statement.pointer_mut(EXEMPT).unwrap() = arns.into();
            vec![("with a wildcard".to_owned(), statement)]
        })
    });
}

/// Cases for each action would be a copy of the policy.
#[test]
fn allowing_and_denying_everything_is_noticed() {
    assert_noticed(|document| {
        by_statement(document, |statement| {
            let with = |action: &str| {
                let mut statement = statement.clone();
                let fields = statement.as_object_mut().unwrap();
                fields.remove("NotAction");
                fields.remove("Condition");
                fields.insert("Action".to_owned(), json!(action));
                (action.to_owned(), statement)
            };
            vec![with("none:None"), with("*")]
        })
    });
}
