use super::*;

fn complete(name: &str) -> Option<String> {
    let value = match name {
        "AWS_REGION" => "us-east-1",
        "GOVERNED_REGIONS" => "us-east-1,eu-west-1",
        "ORGANIZATION_TRAIL_NAME" => "organization-trail",
        "CONFIG_BUCKET_NAME" => "log-archive",
        "CONTROL_TOWER_ORGANIZATIONAL_UNITS" => "Governed/By CT",
        "ACCOUNT_ALIAS_PATTERN" => "acme-{accountName}",
        "REMOVE_DEFAULT_VPCS" => "Workloads,sandbox",
        "QUOTA_INCREASES" => "ec2/L-1216C47A=64",
        "MONTHLY_BUDGETS_USD" => "Sandbox=50",
        "BUDGET_SUBSCRIBERS" => "finance@example.com",
        "BILLING_CONTACT" => "Ada Lovelace, CFO, cfo@example.com, 1",
        "SWITCHED_OFF_STEPS" => "set-budget@Workloads",
        _ => return None,
    };
    Some(value.to_owned())
}

fn minimal(name: &str) -> Option<String> {
    let is_required =
        ["AWS_REGION", "GOVERNED_REGIONS", "ORGANIZATION_TRAIL_NAME", "CONFIG_BUCKET_NAME"].contains(&name);
    complete(name).filter(|_| is_required)
}

fn for_unit(variables: fn(&str) -> Option<String>, unit: &str) -> AccountSettings {
    Settings::from_environment(&Environment::from_fn(variables)).unwrap().for_unit(&unit.parse().unwrap())
}

#[test]
fn account_gets_the_settings_of_its_ou() {
    let settings = for_unit(complete, "Sandbox/Team");
    assert_eq!(settings.governed_regions, ["us-east-1", "eu-west-1"]);
    assert_eq!(
        settings.trail,
        Some(Trail { mode: TrailMode::Organization, name: Some("organization-trail".to_owned()), bucket: None })
    );
    assert_eq!(settings.config_bucket.as_deref(), Some("log-archive"));
    assert_eq!(settings.alias_pattern, Some("acme-{accountName}".parse().unwrap()));
    assert_eq!(settings.quota_increases[0].to_string(), "ec2/L-1216C47A in us-east-1");
    assert_eq!(settings.budget_subscribers, ["finance@example.com".parse().unwrap()]);
    assert_eq!(settings.contacts.billing.unwrap().title, "CFO");
    assert_eq!(settings.monthly_budget_usd, Some(50));
    assert!(settings.remove_default_vpcs && !settings.governed_by_control_tower);
    assert_eq!(settings.disabled_steps, [""; 0]);

    let workloads = for_unit(complete, "Workloads");
    assert_eq!((workloads.monthly_budget_usd, workloads.disabled_steps), (None, vec!["SetBudget".to_owned()]));
    let governed = |unit: &str| for_unit(complete, unit).governed_by_control_tower;
    assert!(governed("Governed/By CT") && governed("governed/by ct/Production"));
    assert!(!governed("Governed"));
    assert!(!for_unit(complete, "Governed").remove_default_vpcs);
}

#[test]
fn optional_settings_are_off_by_default() {
    let settings = for_unit(minimal, "Sandbox");
    assert_eq!((settings.alias_pattern, settings.monthly_budget_usd), (None, None));
    assert!(settings.quota_increases.is_empty() && settings.budget_subscribers.is_empty());
    assert!(settings.contacts.is_empty() && settings.disabled_steps.is_empty());
    assert!(!settings.remove_default_vpcs && !settings.governed_by_control_tower);
}

type Variables = fn(&str) -> Option<String>;

/// The complete settings with another value of one variable. An empty value counts as missing.
fn changed(name: &str, variable: &str, value: &str) -> Option<String> {
    if name == variable { Some(value.to_owned()) } else { complete(name) }
}

fn error(variables: Variables) -> String {
    Settings::from_environment(&Environment::from_fn(variables)).unwrap_err().to_string()
}

#[test]
fn invalid_settings_are_rejected_at_start() {
    let cases: [(Variables, &str); 10] = [
        (|name| changed(name, "GOVERNED_REGIONS", ""), "GOVERNED_REGIONS is not set"),
        (|name| changed(name, "CONFIG_BUCKET_NAME", ""), "CONFIG_BUCKET_NAME is not set"),
        (|name| changed(name, "ORGANIZATION_TRAIL_NAME", ""), "ORGANIZATION_TRAIL_NAME is not set"),
        (|name| changed(name, "TRAIL_MODE", "both"), "TRAIL_MODE is wrong: `both` is not valid"),
        (|name| changed(name, "TRAIL_MODE", "account"), "TRAIL_BUCKET_NAME is not set"),
        (|name| changed(name, "CONTROL_TOWER_ORGANIZATIONAL_UNITS", "a//b"), "CONTROL_TOWER_ORGANIZATIONAL_UNITS"),
        (
            |name| changed(name, "ACCOUNT_ALIAS_PATTERN", "acme"),
            "ACCOUNT_ALIAS_PATTERN is wrong: must have {accountName}",
        ),
        (|name| changed(name, "REMOVE_DEFAULT_VPCS", "Workloads//Production"), "REMOVE_DEFAULT_VPCS"),
        (|name| changed(name, "QUOTA_INCREASES", "ec2"), "QUOTA_INCREASES is wrong: `ec2` is not valid"),
        (|name| changed(name, "MONTHLY_BUDGETS_USD", "Sandbox=0"), "`Sandbox=0` must have a whole number"),
    ];
    for (variables, expected) in cases {
        let error = error(variables);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn errors_do_not_repeat_personal_data() {
    let cases: [(Variables, &str); 5] = [
        (|name| changed(name, "BUDGET_SUBSCRIBERS", "finance@example.com, Ada"), "email 2 must have"),
        (|name| changed(name, "BUDGET_SUBSCRIBERS", &"finance@example.com,".repeat(10)), "at most 9 emails"),
        (|name| changed(name, "SECURITY_CONTACT", "Ada"), "SECURITY_CONTACT is wrong: must be a name"),
        (|name| changed(name, "BILLING_CONTACT", "Ada"), "BILLING_CONTACT is wrong: must be a name"),
        (|name| changed(name, "OPERATIONS_CONTACT", "Ada"), "OPERATIONS_CONTACT is wrong: must be a name"),
    ];
    for (variables, expected) in cases {
        let error = error(variables);
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("Ada") && !error.contains("finance@example.com"), "{error}");
    }
}

#[test]
fn account_trail_has_its_own_bucket() {
    let settings = for_unit(
        |name| match name {
            "TRAIL_MODE" => Some("account".to_owned()),
            "TRAIL_BUCKET_NAME" => Some("trails".to_owned()),
            other => minimal(other),
        },
        "Sandbox",
    );
    assert_eq!(settings.trail, Some(Trail { mode: TrailMode::Account, name: None, bucket: Some("trails".to_owned()) }));
}
