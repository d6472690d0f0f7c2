//! IAM Access Analyzer.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::call::{Call, Outcome, ScopedState, page};
use crate::wire::AwsError;

#[derive(Default)]
pub(super) struct Analyzers(ScopedState<BTreeMap<String, Analyzer>>);

struct Analyzer {
    kind: String,
    client_token: Option<String>,
    /// The fields that Access Analyzer returns.
    fields: Value,
}

impl Analyzers {
    pub(super) fn handle(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation = match call.request.operation.as_str() {
            "ListAnalyzers" => list,
            "CreateAnalyzer" => create,
            "GetAnalyzer" => get,
            "DeleteAnalyzer" => delete,
            _ => return None,
        };
        Some(self.0.regional(call, |analyzers| operation(analyzers, call)))
    }
}

const TYPES: [&str; 6] = [
    "ACCOUNT",
    "ORGANIZATION",
    "ACCOUNT_UNUSED_ACCESS",
    "ORGANIZATION_UNUSED_ACCESS",
    "ACCOUNT_INTERNAL_ACCESS",
    "ORGANIZATION_INTERNAL_ACCESS",
];

type Named = BTreeMap<String, Analyzer>;

fn list(analyzers: &mut Named, call: &Call<'_>) -> Outcome {
    let kind = call.request.string("type");
    if let Some(kind) = kind {
        check_type(kind)?;
    }
    let listed = analyzers.values().filter(|analyzer| kind.is_none_or(|kind| analyzer.kind == kind));
    let listed = listed.map(|analyzer| analyzer.fields.clone()).collect();
    let size = call.request.string("maxResults").and_then(|size| size.parse().ok());
    let (analyzers, next) = page(listed, call.request.string("nextToken"), size, 1000);
    Ok(json!({"analyzers": analyzers, "nextToken": next}))
}

fn create(analyzers: &mut Named, call: &Call<'_>) -> Outcome {
    let (name, kind) = (call.string("analyzerName"), call.string("type"));
    check_type(kind)?;
    check_name(name)?;
    let client_token = call.request.string("clientToken").map(str::to_owned);
    if let Some(known) = analyzers.get(name) {
        if client_token.is_some() && known.client_token == client_token {
            return Ok(json!({"arn": known.fields["arn"]}));
        }
        return Err(AwsError::new(409, "ConflictException", "An analyzer with the same name already exists."));
    }
    // The quota for each type is one analyzer for an account and five for an organization.
    let limit = if kind.starts_with("ORGANIZATION") { 5 } else { 1 };
    if analyzers.values().filter(|analyzer| analyzer.kind == kind).count() >= limit {
        let message = format!("You have reached the limit of {limit} for analyzers of type {kind}.");
        return Err(AwsError::new(402, "ServiceQuotaExceededException", &message));
    }
    let fields = describe(call, name, kind);
    let arn = fields["arn"].clone();
    analyzers.insert(name.to_owned(), Analyzer { kind: kind.to_owned(), client_token, fields });
    Ok(json!({"arn": arn}))
}

fn describe(call: &Call<'_>, name: &str, kind: &str) -> Value {
    let mut fields = json!({
        "arn": format!("arn:aws:access-analyzer:{}:{}:analyzer/{name}", call.region(), call.account),
        "name": name,
        "type": kind,
        "createdAt": OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        "status": "ACTIVE",
        "tags": call.value("tags").as_object().cloned().unwrap_or_default(),
    });
    if !call.value("configuration").is_null() {
        fields["configuration"] = call.value("configuration").clone();
    }
    fields
}

fn get(analyzers: &mut Named, call: &Call<'_>) -> Outcome {
    let analyzer = analyzers.get(call.string("analyzerName")).ok_or_else(missing)?;
    Ok(json!({"analyzer": analyzer.fields}))
}

fn delete(analyzers: &mut Named, call: &Call<'_>) -> Outcome {
    analyzers.remove(call.string("analyzerName")).map(|_| json!({})).ok_or_else(missing)
}

fn missing() -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", "The analyzer does not exist.")
}

fn check_type(kind: &str) -> Result<(), AwsError> {
    if TYPES.contains(&kind) { Ok(()) } else { Err(invalid("type")) }
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let is_start_valid = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let are_characters_valid = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter));
    if is_start_valid && are_characters_valid && name.len() <= 255 { Ok(()) } else { Err(invalid("analyzerName")) }
}

fn invalid(parameter: &str) -> AwsError {
    AwsError::new(400, "ValidationException", &format!("The value of {parameter} is invalid."))
}
