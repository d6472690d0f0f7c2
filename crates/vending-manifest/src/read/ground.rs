//! Reads what all accounts share.

use serde_json::Number;
use strum::IntoEnumIterator;
use vending_core::{ObjectReader, OrganizationalUnitPath, TrailMode};

use super::values::{bucket, name, rule_name, standard, trail_name};
use crate::ground::{
    AccessAnalyzer, ConfigBucket, ConfigRule, ControlTower, CostAnomalies, Costs, Encryption, GuardDuty,
    GuardDutyFeature, LogArchive, MAXIMUM_DAYS, ObjectLock, ObjectLockMode, OrganizationTrail, Security, SecurityHub,
};

const MAXIMUM_ENTRIES: usize = 1_000;

pub(super) fn trail(fields: &mut ObjectReader<'_>) -> OrganizationTrail {
    let unit_or_all = |text: &str| if text == ALL_UNITS { Ok(text.to_owned()) } else { unit_path(text) };
    OrganizationTrail {
        mode: fields.choice::<TrailMode>("mode", &["organization", "account"]),
        name: fields.optional("name", trail_name),
        bucket: fields.optional("bucket", bucket),
        s3_data_events: fields.optional_list("s3DataEvents", 0..=MAXIMUM_ENTRIES, unit_or_all),
    }
}

pub(crate) const ALL_UNITS: &str = "all";

pub(super) fn config(fields: &mut ObjectReader<'_>) -> Option<ConfigBucket> {
    fields.required("bucket", bucket).map(|bucket| ConfigBucket { bucket })
}

pub(super) fn control_tower(fields: &mut ObjectReader<'_>) -> ControlTower {
    ControlTower { organizational_units: fields.list("organizationalUnits", 1..=MAXIMUM_ENTRIES, unit_path) }
}

fn unit_path(text: &str) -> Result<String, String> {
    text.parse::<OrganizationalUnitPath>().map(String::from).map_err(|error| error.to_string())
}

pub(super) fn log_archive(fields: &mut ObjectReader<'_>) -> Option<LogArchive> {
    let retention_days = days(fields, "retentionDays");
    let object_lock = fields.object("objectLock", object_lock).flatten();
    let encryption = fields.choice::<Encryption>("encryption", &["s3", "kms"]);
    Some(LogArchive { retention_days: retention_days?, object_lock, encryption })
}

fn object_lock(fields: &mut ObjectReader<'_>) -> Option<ObjectLock> {
    let mode = fields.required_choice::<ObjectLockMode>("mode", &["GOVERNANCE", "COMPLIANCE"]);
    let days = days(fields, "days");
    Some(ObjectLock { mode: mode?, days: days? })
}

fn days(fields: &mut ObjectReader<'_>, field: &'static str) -> Option<u32> {
    if !fields.is_given(field) {
        fields.problem(field, "is required: a whole number of days");
    }
    fields.number(field, 1..=MAXIMUM_DAYS)
}

pub(super) fn security(fields: &mut ObjectReader<'_>) -> Security {
    Security {
        guard_duty: fields.object("guardDuty", guard_duty),
        security_hub: fields.object("securityHub", |fields| SecurityHub {
            standards: fields.list("standards", 0..=MAXIMUM_ENTRIES, standard),
        }),
        access_analyzer: fields.object("accessAnalyzer", |fields| AccessAnalyzer {
            unused_access_after_days: fields.number("unusedAccessAfterDays", 1..=365),
        }),
        config_rules: fields.objects_by_name("configRules", config_rule).into_iter().collect(),
    }
}

fn guard_duty(fields: &mut ObjectReader<'_>) -> GuardDuty {
    let feature = |text: &str| {
        text.parse::<GuardDutyFeature>().map_err(|_| {
            let known: Vec<String> = GuardDutyFeature::iter().map(|feature| feature.to_string()).collect();
            format!("must be one of {}", known.join(", "))
        })
    };
    GuardDuty { features: fields.list("features", 0..=MAXIMUM_ENTRIES, feature) }
}

fn config_rule(rule: &str, fields: &mut ObjectReader<'_>) -> ConfigRule {
    name(fields, rule_name(rule));
    ConfigRule { parameters: fields.strings("parameters", |_, _| None).into_iter().collect() }
}

pub(super) fn costs(fields: &mut ObjectReader<'_>) -> Costs {
    Costs { anomalies: fields.object("anomalies", anomalies).flatten() }
}

fn anomalies(fields: &mut ObjectReader<'_>) -> Option<CostAnomalies> {
    let email = |text: &str| text.parse().map_err(|error: vending_core::InvalidId| error.to_string());
    let subscribers = fields.list("subscribers", 1..=10, email);
    let from_usd: Option<Number> = fields.positive("fromUsd", MAXIMUM_USD);
    Some(CostAnomalies { subscribers, from_usd: from_usd? })
}

const MAXIMUM_USD: f64 = 1_000_000_000.0;
