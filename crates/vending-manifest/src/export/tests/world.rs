//! Organizations.

use vending_core::AccountId;

use super::*;

/// An SCP that changes nothing.
pub(super) const EMPTY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"x:Y","Resource":"*"}}"#;

pub(super) fn options(adopt: bool) -> ExportOptions {
    ExportOptions { schema: "organization.schema.json".to_owned(), adopt }
}

pub(super) fn unit(id: &str, name: &str, units: Vec<ExistingUnit>) -> ExistingUnit {
    ExistingUnit { id: id.parse().unwrap(), name: name.to_owned(), units }
}

/// An SCP of others.
pub(super) fn policy(id: &str, name: &str, at: &[&str]) -> ExistingPolicy {
    let is_account = |text: &&&str| text.parse::<AccountId>().is_ok();
    ExistingPolicy {
        id: id.to_owned(),
        policy_type: PolicyType::Scp,
        name: name.to_owned(),
        content: EMPTY.to_owned(),
        is_aws_managed: false,
        own_name: None,
        units: at.iter().filter(|text| !is_account(text)).map(|text| text.parse().unwrap()).collect(),
        accounts: at.iter().filter(is_account).map(|text| text.parse().unwrap()).collect(),
    }
}

/// The OUs `Workloads` (with `Production`) and `Sandbox`, without policies and settings.
pub(super) fn sample() -> ExistingOrganization {
    ExistingOrganization {
        root: "r-root".parse().unwrap(),
        units: vec![
            unit("ou-w", "Workloads", vec![unit("ou-p", "Production", vec![])]),
            unit("ou-s", "Sandbox", vec![]),
        ],
        policies: Vec::new(),
        features: ExistingFeatures {
            policy_types: ["SERVICE_CONTROL_POLICY".to_owned(), "AISERVICES_OPT_OUT_POLICY".to_owned()].into(),
            central_root_access: false,
        },
        settings: None,
    }
}
