//! Service Quotas: quotas that moto lacks, and quota increases.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::call::{Call, Outcome, ScopedState, uuid};
use crate::emulators::Upstreams;
use crate::wire::response::error_code;
use crate::wire::{AwsError, AwsResponse};

pub(super) struct Quotas {
    upstreams: Arc<Upstreams>,
    requests: ScopedState<Vec<Increase>>,
}

struct Increase {
    completes_at: Duration,
    /// The fields that Service Quotas returns, without the status.
    fields: Value,
}

/// The value of a quota that moto lacks.
const DEFAULT: f64 = 5.0;

/// The account quota that AWS grants to a large organization.
const ACCOUNTS: f64 = 10_000.0;

impl Quotas {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, requests: ScopedState::default() }
    }

    pub(super) async fn handle(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        match call.request.operation.as_str() {
            "GetServiceQuota" => self.get(call, forward.await),
            "ListServiceQuotas" if call.string("ServiceCode") == "organizations" => {
                call.response(Ok(organizations_quotas()))
            }
            "RequestServiceQuotaIncrease" => call.response(self.request(call).await),
            "ListRequestedServiceQuotaChangeHistoryByQuota" => {
                call.response(Ok(self.requests.regional(call, |requests| history(requests, call))))
            }
            _ => forward.await,
        }
    }

    fn get(&self, call: &Call<'_>, response: AwsResponse) -> AwsResponse {
        let code = call.string("QuotaCode");
        let is_unknown = error_code(&response).as_deref() == Some("NoSuchResourceException");
        let approved = self.requests.regional(call, |requests| approved(requests, call));
        let mut quota = match serde_json::from_slice::<Value>(response.body()) {
            _ if is_unknown && code.starts_with("L-") => default_quota(call),
            Ok(mut body) if !is_unknown && approved.is_some() => body["Quota"].take(),
            _ => return response,
        };
        if let Some(approved) = approved {
            quota["Value"] = json!(approved);
        }
        call.response(Ok(json!({"Quota": quota})))
    }

    async fn request(&self, call: &Call<'_>) -> Outcome {
        let quota = self.upstreams.quota(call.string("ServiceCode"), call.string("QuotaCode")).await;
        let quota = match quota {
            Some(quota) => quota,
            None if call.string("QuotaCode").starts_with("L-") => default_quota(call),
            None => {
                return Err(AwsError::new(
                    400,
                    "NoSuchResourceException",
                    "The request failed because the quota does not exist.",
                ));
            }
        };
        self.requests.regional(call, |requests| request_increase(requests, call, &quota))
    }
}

/// Two quotas of AWS Organizations. In the list, only their names identify them.
fn organizations_quotas() -> Value {
    let quota = |name: &str, value: f64| {
        json!({
            "ServiceCode": "organizations", "ServiceName": "AWS Organizations", "QuotaName": name, "Value": value,
            "Unit": "None", "Adjustable": true, "GlobalQuota": false,
        })
    };
    let policies = quota("Service control policies per organization", 10_000.0);
    json!({"Quotas": [policies, quota("Default maximum number of accounts", ACCOUNTS)]})
}

fn request_increase(requests: &mut Vec<Increase>, call: &Call<'_>, quota: &Value) -> Outcome {
    let current = approved(requests, call).or(quota["Value"].as_f64()).unwrap_or(DEFAULT);
    let desired = call.value("DesiredValue").as_f64().unwrap_or_default();
    if desired <= current {
        let message = "You must provide a quota value greater than the current quota value.";
        return Err(AwsError::new(400, "IllegalArgumentException", message));
    }
    if for_quota(requests, call).any(|request| call.now < request.completes_at) {
        let message = "Only one open service quota increase request is allowed per quota.";
        return Err(AwsError::new(400, "ResourceAlreadyExistsException", message));
    }
    let completes_at = call.now.saturating_add(Duration::from_millis(call.delays.quota_millis));
    let number = u64::try_from(requests.len()).unwrap_or_default() + 1;
    let created = OffsetDateTime::now_utc().unix_timestamp();
    let fields = json!({
        "Id": uuid(number).replace('-', ""),
        "ServiceCode": call.string("ServiceCode"),
        "ServiceName": quota["ServiceName"],
        "QuotaCode": call.string("QuotaCode"),
        "QuotaName": quota["QuotaName"],
        "DesiredValue": desired,
        "Created": created,
        "LastUpdated": created,
        "Requester": json!({"accountId": call.account}).to_string(),
        "QuotaArn": arn(call),
        "GlobalQuota": false,
        "Unit": "None",
        "QuotaRequestedAtLevel": "ACCOUNT",
    });
    let request = Increase { completes_at, fields };
    let response = json!({"RequestedQuota": request.describe(call.now)});
    requests.push(request);
    Ok(response)
}

/// The newest request is first.
fn history(requests: &[Increase], call: &Call<'_>) -> Value {
    let mut described: Vec<Value> = for_quota(requests, call).map(|request| request.describe(call.now)).collect();
    described.reverse();
    if let Some(status) = call.request.string("Status") {
        described.retain(|request| request["Status"] == status);
    }
    let (requests, next) = call.page(described, 100);
    json!({"RequestedQuotas": requests, "NextToken": next})
}

impl Increase {
    fn describe(&self, now: Duration) -> Value {
        let mut described = self.fields.clone();
        described["Status"] = json!(if now < self.completes_at { "PENDING" } else { "APPROVED" });
        described
    }
}

/// Returns the value of the last approved request.
fn approved(requests: &[Increase], call: &Call<'_>) -> Option<f64> {
    let approved = for_quota(requests, call).filter(|request| call.now >= request.completes_at).last()?;
    approved.fields["DesiredValue"].as_f64()
}

fn for_quota<'a>(requests: &'a [Increase], call: &'a Call<'_>) -> impl Iterator<Item = &'a Increase> {
    let fits = |request: &Increase, field: &str| request.fields[field] == call.string(field);
    requests.iter().filter(move |request| fits(request, "ServiceCode") && fits(request, "QuotaCode"))
}

fn default_quota(call: &Call<'_>) -> Value {
    json!({
        "ServiceCode": call.string("ServiceCode"),
        "ServiceName": call.string("ServiceCode"),
        "QuotaArn": arn(call),
        "QuotaCode": call.string("QuotaCode"),
        "QuotaName": call.string("QuotaCode"),
        "Value": DEFAULT,
        "Unit": "None",
        "Adjustable": true,
        "GlobalQuota": false,
        "QuotaAppliedAtLevel": "ACCOUNT",
    })
}

fn arn(call: &Call<'_>) -> String {
    let (service, quota) = (call.string("ServiceCode"), call.string("QuotaCode"));
    format!("arn:aws:servicequotas:{}:{}:{service}/{quota}", call.region(), call.account)
}
