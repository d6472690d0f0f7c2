//! IAM Access Analyzer.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::call::{Call, Outcome, Places, page};
use crate::faults::AwsError;

#[derive(Default)]
pub(super) struct Analyzers(Places<BTreeMap<String, Analyzer>>);

struct Analyzer {
    kind: String,
    client_token: Option<String>,
    /// As Access Analyzer tells of it.
    told: Value,
}

impl Analyzers {
    pub(super) fn answer(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation = match call.request.operation.as_str() {
            "ListAnalyzers" => list,
            "CreateAnalyzer" => create,
            "GetAnalyzer" => get,
            "DeleteAnalyzer" => delete,
            _ => return None,
        };
        Some(self.0.at(call, |analyzers| operation(analyzers, call)))
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
    let kind = call.request.text("type");
    if let Some(kind) = kind {
        known_type(kind)?;
    }
    let listed = analyzers.values().filter(|analyzer| kind.is_none_or(|kind| analyzer.kind == kind));
    let listed = listed.map(|analyzer| analyzer.told.clone()).collect();
    let size = call.request.text("maxResults").and_then(|size| size.parse().ok());
    let (analyzers, next) = page(listed, call.request.text("nextToken"), size, 1000);
    Ok(json!({"analyzers": analyzers, "nextToken": next}))
}

fn create(analyzers: &mut Named, call: &Call<'_>) -> Outcome {
    let (name, kind) = (call.text("analyzerName"), call.text("type"));
    known_type(kind)?;
    well_named(name)?;
    let client_token = call.request.text("clientToken").map(str::to_owned);
    if let Some(known) = analyzers.get(name) {
        if client_token.is_some() && known.client_token == client_token {
            return Ok(json!({"arn": known.told["arn"]}));
        }
        return Err(AwsError::new(409, "ConflictException", "An analyzer with the same name already exists."));
    }
    // Of a kind, an account has one, and an organization five.
    let most = if kind.starts_with("ORGANIZATION") { 5 } else { 1 };
    if analyzers.values().filter(|analyzer| analyzer.kind == kind).count() >= most {
        let message = format!("You have reached the limit of {most} for analyzers of type {kind}.");
        return Err(AwsError::new(402, "ServiceQuotaExceededException", &message));
    }
    let told = told(call, name, kind);
    let arn = told["arn"].clone();
    analyzers.insert(name.to_owned(), Analyzer { kind: kind.to_owned(), client_token, told });
    Ok(json!({"arn": arn}))
}

fn told(call: &Call<'_>, name: &str, kind: &str) -> Value {
    let mut told = json!({
        "arn": format!("arn:aws:access-analyzer:{}:{}:analyzer/{name}", call.region(), call.account),
        "name": name,
        "type": kind,
        "createdAt": OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        "status": "ACTIVE",
        "tags": call.value("tags").as_object().cloned().unwrap_or_default(),
    });
    if !call.value("configuration").is_null() {
        told["configuration"] = call.value("configuration").clone();
    }
    told
}

fn get(analyzers: &mut Named, call: &Call<'_>) -> Outcome {
    let analyzer = analyzers.get(call.text("analyzerName")).ok_or_else(missing)?;
    Ok(json!({"analyzer": analyzer.told}))
}

fn delete(analyzers: &mut Named, call: &Call<'_>) -> Outcome {
    analyzers.remove(call.text("analyzerName")).map(|_| json!({})).ok_or_else(missing)
}

fn missing() -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", "The analyzer does not exist.")
}

fn known_type(kind: &str) -> Result<(), AwsError> {
    if TYPES.contains(&kind) { Ok(()) } else { Err(invalid("type")) }
}

fn well_named(name: &str) -> Result<(), AwsError> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let goes_on_well = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter));
    if starts_well && goes_on_well && name.len() <= 255 { Ok(()) } else { Err(invalid("analyzerName")) }
}

fn invalid(parameter: &str) -> AwsError {
    AwsError::new(400, "ValidationException", &format!("The value of {parameter} is invalid."))
}
