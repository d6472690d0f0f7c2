//! Answers with other values than the emulator gave. A number stays one.

use hyper::body::Bytes;
use hyper::header::CONTENT_LENGTH;
use serde_json::Value;

use crate::wire::Answer;

/// All fields of this name get this value, at any depth, in JSON as in XML.
pub(crate) fn rewritten(mut answer: Answer, field: &str, value: &str) -> Answer {
    let body = match serde_json::from_slice::<Value>(answer.body()) {
        Ok(mut json) => {
            set(&mut json, field, value);
            json.to_string()
        }
        Err(_) => in_xml(&String::from_utf8_lossy(answer.body()), field, value),
    };
    *answer.body_mut() = Bytes::from(body);
    // They describe the body that was.
    answer.headers_mut().remove(CONTENT_LENGTH);
    answer.headers_mut().remove("x-amz-crc32");
    answer
}

fn set(json: &mut Value, field: &str, value: &str) {
    match json {
        Value::Object(fields) => {
            for (name, inner) in fields {
                if name == field { *inner = like(inner, value) } else { set(inner, field, value) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set(item, field, value)),
        _ => {}
    }
}

fn like(replaced: &Value, value: &str) -> Value {
    match value.parse::<u64>() {
        Ok(number) if replaced.is_number() => number.into(),
        _ => value.into(),
    }
}

fn in_xml(xml: &str, field: &str, value: &str) -> String {
    let (open, close) = (format!("<{field}>"), format!("</{field}>"));
    let mut parts = xml.split(&open);
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find(&close).map_or(part, |end| &part[end..]);
        written.push_str(&open);
        written.push_str(value);
        written.push_str(rest);
    }
    written
}

#[cfg(test)]
mod tests {
    use hyper::Response;
    use serde_json::json;

    use super::*;

    fn rewrite(body: &str) -> String {
        let answer = Response::builder().header(CONTENT_LENGTH, body.len()).body(Bytes::from(body.to_owned()));
        let answer = rewritten(answer.unwrap(), "State", "PENDING_DELETION");
        assert!(!answer.headers().contains_key(CONTENT_LENGTH));
        String::from_utf8(answer.body().to_vec()).unwrap()
    }

    #[test]
    fn fields_of_json_are_rewritten_at_any_depth() {
        let answer = json!({"Accounts": [{"Id": "1", "State": "ACTIVE"}], "State": 1}).to_string();
        let expected = json!({"Accounts": [{"Id": "1", "State": "PENDING_DELETION"}], "State": "PENDING_DELETION"});
        assert_eq!(serde_json::from_str::<Value>(&rewrite(&answer)).unwrap(), expected);
    }

    #[test]
    fn a_number_stays_one() {
        let like = |replaced: Value, value| like(&replaced, value);
        assert_eq!(like(json!(1.5), "1600000000"), json!(1_600_000_000));
        assert_eq!(like(json!("1"), "2"), json!("2"));
        assert_eq!(like(json!(1), "two"), json!("two"));
    }

    #[test]
    fn elements_of_xml_are_rewritten() {
        let answer = "<a><State>x</State><b>y</b><State></State></a>";
        let expected = "<a><State>PENDING_DELETION</State><b>y</b><State>PENDING_DELETION</State></a>";
        assert_eq!(rewrite(answer), expected);
    }
}
