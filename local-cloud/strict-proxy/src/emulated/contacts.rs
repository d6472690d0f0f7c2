//! The fields of alternate contacts, which moto does not check.
//!
//! <https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html>

use serde_json::{Value, json};

use super::call::Call;
use crate::wire::{AwsError, AwsResponse, response};

pub(super) const OPERATIONS: [&str; 3] = ["DeleteAlternateContact", "GetAlternateContact", "PutAlternateContact"];

/// The fields and their maximum lengths.
const FIELDS: [(&str, usize); 4] = [("name", 64), ("title", 50), ("emailAddress", 254), ("phoneNumber", 25)];

/// Returns the error for a contact that is not valid. The error names the fields.
pub(super) fn check(call: &Call<'_>) -> Option<AwsResponse> {
    if call.request.operation != "PutAlternateContact" {
        return None;
    }
    let invalid = FIELDS.into_iter().filter(|(field, most)| !is_valid(field, call.string(&capitalized(field)), *most));
    let fields: Vec<Value> =
        invalid.map(|(field, _)| json!({"name": field, "message": "must match the pattern of the field"})).collect();
    if fields.is_empty() {
        return None;
    }
    let error = AwsError::new(400, "ValidationException", "The contact has invalid fields.");
    Some(response::error(call.request, &error).map(|body| {
        let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
        body["reason"] = json!("fieldValidationFailed");
        body["fieldList"] = json!(fields);
        body.to_string().into()
    }))
}

fn capitalized(field: &str) -> String {
    field[..1].to_uppercase() + &field[1..]
}

fn is_valid(field: &str, value: &str, most: usize) -> bool {
    (1..=most).contains(&value.chars().count())
        && match field {
            "emailAddress" => is_email(value.trim()),
            "phoneNumber" => {
                value.chars().all(|one| one.is_whitespace() || one.is_ascii_digit() || "()+-".contains(one))
            }
            _ => true,
        }
}

/// `[\w+=.#|!&-]+@[\w.-]+\.[\w]+`
fn is_email(email: &str) -> bool {
    let is_of = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|one| one.is_ascii_alphanumeric() || one == '_' || more.contains(one))
    };
    let Some((name, domain)) = email.split_once('@') else {
        return false;
    };
    let within = domain.rsplit_once('.');
    is_of(name, "+=.#|!&-") && within.is_some_and(|(start, end)| is_of(start, ".-") && is_of(end, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_fields_have_the_patterns_of_aws() {
        for (field, value, valid) in [
            ("name", "Ä".repeat(64), true),
            ("name", "n".repeat(65), false),
            ("name", String::new(), false),
            ("title", "t".repeat(51), false),
            ("emailAddress", " security+aws@example.com ".to_owned(), true),
            ("emailAddress", "security".to_owned(), false),
            ("emailAddress", "security@example".to_owned(), false),
            ("emailAddress", "a@b@example.com".to_owned(), false),
            ("phoneNumber", "+49 (0)30 1234-5".to_owned(), true),
            ("phoneNumber", "030/1234".to_owned(), false),
        ] {
            let (_, most) = FIELDS.into_iter().find(|(known, _)| *known == field).unwrap();
            assert_eq!(is_valid(field, &value, most), valid, "{field} {value}");
        }
    }
}
