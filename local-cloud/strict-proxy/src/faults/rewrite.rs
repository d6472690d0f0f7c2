//! Replaces values in a response.

use hyper::body::Bytes;
use hyper::header::CONTENT_LENGTH;
use serde_json::Value;

use crate::wire::AwsResponse;

/// Replaces all fields of this name, at any depth, in JSON and XML. A number stays a number.
pub(crate) fn rewrite_field(mut response: AwsResponse, field: &str, value: &str) -> AwsResponse {
    let body = match serde_json::from_slice::<Value>(response.body()) {
        Ok(mut json) => {
            set(&mut json, field, value);
            json.to_string()
        }
        Err(_) => in_xml(&String::from_utf8_lossy(response.body()), field, value),
    };
    *response.body_mut() = Bytes::from(body);
    // These headers describe the old body.
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().remove("x-amz-crc32");
    response
}

fn set(json: &mut Value, field: &str, value: &str) {
    match json {
        Value::Object(fields) => {
            for (name, inner) in fields {
                if name == field { *inner = with_type_of(inner, value) } else { set(inner, field, value) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set(item, field, value)),
        _ => {}
    }
}

fn with_type_of(replaced: &Value, value: &str) -> Value {
    match value.parse::<u64>() {
        Ok(number) if replaced.is_number() => number.into(),
        _ => value.into(),
    }
}

fn in_xml(xml: &str, field: &str, value: &str) -> String {
    let (open, close) = (format!("<{field}>"), format!("</{field}>"));
    let mut parts = xml.split(&open);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find(&close).map_or(part, |end| &part[end..]);
        result.push_str(&open);
        result.push_str(value);
        result.push_str(rest);
    }
    result
}

#[cfg(test)]
mod tests {
    use hyper::Response;
    use serde_json::json;

    use super::*;

    fn rewrite(body: &str) -> String {
        let response = Response::builder().header(CONTENT_LENGTH, body.len()).body(Bytes::from(body.to_owned()));
        let response = rewrite_field(response.unwrap(), "State", "PENDING_DELETION");
        assert!(!response.headers().contains_key(CONTENT_LENGTH));
        String::from_utf8(response.body().to_vec()).unwrap()
    }

    #[test]
    fn fields_of_json_are_rewritten_at_any_depth() {
        let response = json!({"Accounts": [{"Id": "1", "State": "ACTIVE"}], "State": 1}).to_string();
        let expected = json!({"Accounts": [{"Id": "1", "State": "PENDING_DELETION"}], "State": "PENDING_DELETION"});
        assert_eq!(serde_json::from_str::<Value>(&rewrite(&response)).unwrap(), expected);
    }

    #[test]
    fn rewritten_number_stays_a_number() {
        let with_type_of = |replaced: Value, value| with_type_of(&replaced, value);
        assert_eq!(with_type_of(json!(1.5), "1600000000"), json!(1_600_000_000));
        assert_eq!(with_type_of(json!("1"), "2"), json!("2"));
        assert_eq!(with_type_of(json!(1), "two"), json!("two"));
    }

    #[test]
    fn elements_of_xml_are_rewritten() {
        let response = "<a><State>x</State><b>y</b><State></State></a>";
        let expected = "<a><State>PENDING_DELETION</State><b>y</b><State>PENDING_DELETION</State></a>";
        assert_eq!(rewrite(response), expected);
    }
}
