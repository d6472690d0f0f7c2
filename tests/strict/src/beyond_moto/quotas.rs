//! Service Quotas: the values that moto does not know, and requests for more.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::call::{Call, Outcome, Places, page, uuid};
use crate::emulators::Upstreams;
use crate::faults::AwsError;
use crate::wire::Answer;
use crate::wire::answer::error_code;

pub(super) struct Quotas {
    upstreams: Arc<Upstreams>,
    requests: Places<Vec<Increase>>,
}

struct Increase {
    settles_at: Duration,
    /// As Service Quotas tells of it, but for its status.
    told: Value,
}

/// Of a quota that moto does not know.
const DEFAULT: f64 = 5.0;

/// What the organization's number of accounts is limited by: moto does not know it, and we act on that.
const ACCOUNTS: &str = "L-29A0C5DF";

impl Quotas {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, requests: Places::default() }
    }

    pub(super) async fn answer(&self, call: &Call<'_>, forward: impl Future<Output = Answer>) -> Answer {
        match call.request.operation.as_str() {
            "GetServiceQuota" => self.get(call, forward.await),
            "RequestServiceQuotaIncrease" => call.told(self.request(call).await),
            "ListRequestedServiceQuotaChangeHistoryByQuota" => {
                call.told(Ok(self.requests.at(call, |requests| history(requests, call))))
            }
            _ => forward.await,
        }
    }

    fn get(&self, call: &Call<'_>, answer: Answer) -> Answer {
        let code = call.text("QuotaCode");
        let is_unknown = error_code(&answer).as_deref() == Some("NoSuchResourceException");
        let approved = self.requests.at(call, |requests| approved(requests, call));
        let mut quota = match serde_json::from_slice::<Value>(answer.body()) {
            _ if is_unknown && code != ACCOUNTS && code.starts_with("L-") => of_default(call),
            Ok(mut body) if !is_unknown && approved.is_some() => body["Quota"].take(),
            _ => return answer,
        };
        if let Some(approved) = approved {
            quota["Value"] = json!(approved);
        }
        call.told(Ok(json!({"Quota": quota})))
    }

    async fn request(&self, call: &Call<'_>) -> Outcome {
        let quota = self.upstreams.quota(call.text("ServiceCode"), call.text("QuotaCode")).await;
        let quota = match quota {
            Some(quota) => quota,
            None if call.text("QuotaCode").starts_with("L-") => of_default(call),
            None => {
                return Err(AwsError::new(
                    400,
                    "NoSuchResourceException",
                    "The request failed because the quota does not exist.",
                ));
            }
        };
        self.requests.at(call, |requests| ask_for_more(requests, call, &quota))
    }
}

fn ask_for_more(requests: &mut Vec<Increase>, call: &Call<'_>, quota: &Value) -> Outcome {
    let current = approved(requests, call).or(quota["Value"].as_f64()).unwrap_or(DEFAULT);
    let desired = call.value("DesiredValue").as_f64().unwrap_or_default();
    if desired <= current {
        let message = "You must provide a quota value greater than the current quota value.";
        return Err(AwsError::new(400, "IllegalArgumentException", message));
    }
    if of_quota(requests, call).any(|request| call.now < request.settles_at) {
        let message = "Only one open service quota increase request is allowed per quota.";
        return Err(AwsError::new(400, "ResourceAlreadyExistsException", message));
    }
    let settles_at = call.now.saturating_add(Duration::from_millis(call.settling.quota_millis));
    let number = u64::try_from(requests.len()).unwrap_or_default() + 1;
    let created = OffsetDateTime::now_utc().unix_timestamp();
    let told = json!({
        "Id": uuid(number).replace('-', ""),
        "ServiceCode": call.text("ServiceCode"),
        "ServiceName": quota["ServiceName"],
        "QuotaCode": call.text("QuotaCode"),
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
    let request = Increase { settles_at, told };
    let answer = json!({"RequestedQuota": request.told(call.now)});
    requests.push(request);
    Ok(answer)
}

/// The newest comes first.
fn history(requests: &[Increase], call: &Call<'_>) -> Value {
    let mut told: Vec<Value> = of_quota(requests, call).map(|request| request.told(call.now)).collect();
    told.reverse();
    if let Some(status) = call.request.text("Status") {
        told.retain(|request| request["Status"] == status);
    }
    let (requests, next) = page(told, call.request.text("NextToken"), call.value("MaxResults").as_u64(), 100);
    json!({"RequestedQuotas": requests, "NextToken": next})
}

impl Increase {
    fn told(&self, now: Duration) -> Value {
        let mut told = self.told.clone();
        told["Status"] = json!(if now < self.settles_at { "PENDING" } else { "APPROVED" });
        told
    }
}

/// The value that the last approved request was for.
fn approved(requests: &[Increase], call: &Call<'_>) -> Option<f64> {
    let approved = of_quota(requests, call).filter(|request| call.now >= request.settles_at).last()?;
    approved.told["DesiredValue"].as_f64()
}

fn of_quota<'a>(requests: &'a [Increase], call: &'a Call<'_>) -> impl Iterator<Item = &'a Increase> {
    let fits = |request: &Increase, field: &str| request.told[field] == call.text(field);
    requests.iter().filter(move |request| fits(request, "ServiceCode") && fits(request, "QuotaCode"))
}

fn of_default(call: &Call<'_>) -> Value {
    json!({
        "ServiceCode": call.text("ServiceCode"),
        "ServiceName": call.text("ServiceCode"),
        "QuotaArn": arn(call),
        "QuotaCode": call.text("QuotaCode"),
        "QuotaName": call.text("QuotaCode"),
        "Value": DEFAULT,
        "Unit": "None",
        "Adjustable": true,
        "GlobalQuota": false,
        "QuotaAppliedAtLevel": "ACCOUNT",
    })
}

fn arn(call: &Call<'_>) -> String {
    let (service, quota) = (call.text("ServiceCode"), call.text("QuotaCode"));
    format!("arn:aws:servicequotas:{}:{}:{service}/{quota}", call.region(), call.account)
}
