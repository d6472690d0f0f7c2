//! Matches the principals of a trust policy.

use serde_json::{Value, json};

use super::caller::Caller;

/// Returns the document with only the statements that apply to the caller.
pub(super) fn matching(document: &Value, caller: &Caller) -> Value {
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    let names = names(caller);
    let matching: Vec<Value> = statements.into_iter().filter(|statement| applies_to(statement, &names)).collect();
    json!({"Statement": matching})
}

fn applies_to(statement: &Value, names: &[String]) -> bool {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), _) => fits(principal, names),
        (None, Some(others)) => !fits(others, names),
        (None, None) => false,
    }
}

fn fits(principal: &Value, names: &[String]) -> bool {
    if principal == "*" {
        return true;
    }
    let listed = match &principal["AWS"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        _ => Vec::new(),
    };
    listed.into_iter().any(|listed| listed == "*" || names.iter().any(|name| name == listed))
}

/// Returns the principals that include the caller: its session, its role, and its account.
fn names(caller: &Caller) -> Vec<String> {
    let root = format!("arn:aws:iam::{}:root", caller.account);
    let mut names = vec![caller.arn(), caller.account.clone(), root];
    names.extend(caller.session.iter().map(|session| session.role_arn.clone()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulators::Emulator;
    use crate::identity::caller::Session;

    fn is_addressed(principal: &Value) -> bool {
        let role_arn = "arn:aws:iam::123456789012:role/account-vending/stack/Move".to_owned();
        let caller = Caller::from_session(Session {
            role_arn,
            name: "f".to_owned(),
            policy: None,
            emulator: Emulator::Platform,
            function: None,
        });
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        matching(&json!({"Statement": statement}), &caller)["Statement"] == json!([statement])
    }

    #[test]
    fn principal_matches_session_role_and_account() {
        for principal in [
            json!("*"),
            json!({"AWS": "*"}),
            json!({"AWS": "123456789012"}),
            json!({"AWS": "arn:aws:iam::123456789012:root"}),
            json!({"Service": "lambda.amazonaws.com", "AWS": ["1", "arn:aws:iam::123456789012:root"]}),
            json!({"AWS": "arn:aws:iam::123456789012:role/account-vending/stack/Move"}),
            json!({"AWS": "arn:aws:sts::123456789012:assumed-role/Move/f"}),
        ] {
            assert!(is_addressed(&principal), "{principal}");
        }
        for principal in [
            json!({"Service": "lambda.amazonaws.com"}),
            json!({"AWS": "arn:aws:iam::111111111111:root"}),
            json!({"AWS": "arn:aws:iam::123456789012:role/Move"}),
            json!({}),
        ] {
            assert!(!is_addressed(&principal), "{principal}");
        }
    }

    #[test]
    fn not_principal_matches_all_others() {
        let statement = json!({"Effect": "Deny", "NotPrincipal": {"AWS": "111111111111"}, "Action": "*"});
        let document = json!({"Statement": [statement]});
        assert_eq!(matching(&document, &Caller::root("111111111111"))["Statement"], json!([]));
        assert_eq!(matching(&document, &Caller::root("222222222222"))["Statement"], json!([statement]));
    }
}
