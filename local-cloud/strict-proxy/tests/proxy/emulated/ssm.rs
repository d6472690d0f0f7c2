//! Service settings of Systems Manager.

use serde_json::{Value, json};

use super::{Caller, ONE, TWO, cloud};
use crate::cloud::code;

const SETTING: &str = "/ssm/documents/console/public-sharing-permission";

async fn get(caller: &Caller<'_>) -> Value {
    let (status, mut body) = caller.json("ssm", "GetServiceSetting", json!({"SettingId": SETTING})).await;
    assert_eq!(status, 200, "{body}");
    body["ServiceSetting"].take()
}

#[tokio::test]
async fn setting_is_updated_and_reset_per_region() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let fresh = get(&one).await;
    assert_eq!((&fresh["SettingValue"], &fresh["Status"]), (&json!("Enable"), &json!("Default")));
    let arn = format!("arn:aws:ssm:us-east-1:{ONE}:servicesetting{SETTING}");
    assert_eq!(fresh["ARN"], arn);

    let block = json!({"SettingId": arn, "SettingValue": "Disable"});
    assert_eq!(one.json("ssm", "UpdateServiceSetting", block).await, (200, json!({})));
    let changed = get(&one).await;
    assert_eq!((&changed["SettingValue"], &changed["Status"]), (&json!("Disable"), &json!("Customized")));
    for other in [one.in_region("eu-west-1"), Caller::in_account(&cloud, TWO).await] {
        assert_eq!(get(&other).await["SettingValue"], "Enable");
    }

    let reset = one.json("ssm", "ResetServiceSetting", json!({"SettingId": SETTING})).await;
    assert_eq!(reset, (200, json!({"ServiceSetting": fresh})));
    assert_eq!(get(&one).await, fresh);
}

#[tokio::test]
async fn unknown_settings_and_values_are_rejected() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let unknown = one.json("ssm", "GetServiceSetting", json!({"SettingId": "/ssm/unknown"})).await;
    assert_eq!(code(&unknown), "ServiceSettingNotFound");
    let invalid = json!({"SettingId": SETTING, "SettingValue": "false"});
    assert_eq!(code(&one.json("ssm", "UpdateServiceSetting", invalid).await), "ValidationException");
}
