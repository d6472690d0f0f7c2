//! Service settings of Systems Manager.

use serde_json::{Value, json};

use super::call::{Call, Outcome, ScopedState};
use crate::wire::AwsError;

/// The value of the setting, if it was updated.
#[derive(Default)]
pub(super) struct Ssm(ScopedState<Option<String>>);

/// Whether SSM documents can be shared publicly. It is the only setting here.
const SETTING: &str = "/ssm/documents/console/public-sharing-permission";
const DEFAULT: &str = "Enable";

impl Ssm {
    pub(super) fn handle(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation = call.request.operation.as_str();
        if !["GetServiceSetting", "UpdateServiceSetting", "ResetServiceSetting"].contains(&operation) {
            return None;
        }
        if !call.string("SettingId").ends_with(SETTING) {
            return Some(Err(AwsError::new(400, "ServiceSettingNotFound", "The service setting was not found.")));
        }
        Some(self.0.regional(call, |value| match operation {
            "UpdateServiceSetting" => update(value, call),
            "ResetServiceSetting" => {
                *value = None;
                Ok(describe(None, call))
            }
            _ => Ok(describe(value.as_deref(), call)),
        }))
    }
}

fn update(value: &mut Option<String>, call: &Call<'_>) -> Outcome {
    let wanted = call.string("SettingValue");
    if !["Enable", "Disable"].contains(&wanted) {
        return Err(AwsError::new(400, "ValidationException", "The setting value is invalid."));
    }
    *value = Some(wanted.to_owned());
    Ok(json!({}))
}

fn describe(value: Option<&str>, call: &Call<'_>) -> Value {
    json!({ "ServiceSetting": {
        "SettingId": SETTING,
        "SettingValue": value.unwrap_or(DEFAULT),
        "ARN": format!("arn:aws:ssm:{}:{}:servicesetting{SETTING}", call.region(), call.account),
        "Status": if value.is_some() { "Customized" } else { "Default" },
    } })
}
