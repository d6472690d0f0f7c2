//! Who is exempt from the policies.

use std::collections::BTreeMap;

use iam_evaluation::arn_matches;
use serde_json::Value;
use vending_policies::Content;

use crate::organization::Organization;

const VENDING: &str = "arn:aws:iam::*:role/account-vending/AccountVending";
const BUILDER: &str = "arn:aws:iam::*:role/account-vending/OrganizationBuilder";
const ACCESS: &str = "arn:aws:iam::*:role/OrganizationAccountAccessRole";
const CONTROL_TOWER: &str = "arn:aws:iam::*:role/AWSControlTowerExecution";

const EXPECTED: [(&str, &str, &[&str]); 16] = [
    ("approved-regions", "DenyChangingRegions", &[]),
    ("approved-regions", "DenyOtherRegions", &[VENDING, BUILDER, CONTROL_TOWER]),
    ("deny-iam-users", "DenyIamUsers", &[]),
    ("deny-root-user", "DenyRootUser", &[]),
    ("mfa-for-iam-users", "DenyWithoutMfa", &[]),
    ("protect-log-archive", "ProtectLogKey", &[BUILDER]),
    ("protect-log-archive", "ProtectLogs", &[BUILDER]),
    ("protect-security-services", "ProtectSecurityServices", &[VENDING, BUILDER, CONTROL_TOWER]),
    ("protect-security-services", "ProtectTrails", &[VENDING, BUILDER]),
    ("protect-vending", "ProtectRoles", &[VENDING, BUILDER, ACCESS, CONTROL_TOWER]),
    ("sandbox-limits", "DenyCommitments", &[]),
    ("sandbox-limits", "DenyLargeInstances", &[]),
    ("sandbox-limits", "DenyNetworkConnections", &[VENDING, BUILDER]),
    ("stay-in-organization", "DenyLeaving", &[]),
    ("suspended", "DenyAll", &[VENDING, BUILDER, ACCESS, CONTROL_TOWER]),
    ("github-owners", "DenyOtherRepositories", &[]),
];

#[test]
fn only_the_expected_roles_are_exempt() {
    let organization = Organization::read();
    let mut found = BTreeMap::new();
    for (name, content) in organization.contents.iter().filter(|(_, content)| content.policy_type().is_evaluated()) {
        for statement in statements(content) {
            let sid = statement["Sid"].as_str().unwrap();
            found.insert((name.as_str(), sid), strings(&statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]));
        }
    }
    let expected = EXPECTED.iter().map(|(name, sid, arns)| ((*name, *sid), arns.to_vec())).collect();
    assert_eq!(found, expected);
}

/// A wildcard in the path would exempt the roles of engineers and repositories.
#[test]
fn exemptions_have_a_wildcard_for_the_account_only() {
    for (name, sid, arns) in EXPECTED {
        for arn in arns {
            let role = arn.strip_prefix("arn:aws:iam::*:role/").unwrap();
            assert!(!role.contains(['*', '?']), "{name} {sid}: {arn}");
        }
    }
}

#[test]
fn roles_of_people_and_pipelines_are_not_exempt() {
    for role in [
        "account-vending/access/Engineer",
        "account-vending/access/github/github-acme.payments",
        "account-vending/access/AccountVending",
        "account-vending/x/AccountVending",
        "AccountVending",
        "x:role/account-vending/AccountVending",
        "aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_0123456789abcdef",
    ] {
        let arn = format!("arn:aws:iam::111122223333:role/{role}");
        let exempting = EXPECTED.iter().filter(|(.., arns)| arns.iter().any(|exempt| arn_matches(exempt, &arn)));
        assert_eq!(exempting.count(), 0, "{arn}");
    }
    let vending = "arn:aws:iam::111122223333:role/account-vending/AccountVending";
    assert!(arn_matches(VENDING, vending));
}

/// Tags can be set by administrators of accounts, and other keys compare less exactly.
#[test]
fn policies_exempt_by_the_arn_alone() {
    let known = [
        "ArnLike aws:PrincipalArn",
        "ArnNotLike aws:PrincipalArn",
        "BoolIfExists aws:MultiFactorAuthPresent",
        "ForAnyValue:StringEquals kms:ResourceAliases",
        "Null aws:AssumedRoot",
        "Null token.actions.githubusercontent.com:sub",
        "StringNotEquals aws:RequestedRegion",
        "StringNotLike ec2:InstanceType",
        "StringNotLikeIfExists token.actions.githubusercontent.com:sub",
    ];
    let organization = Organization::read();
    let evaluated = organization.contents.values().filter(|content| content.policy_type().is_evaluated());
    let mut found: Vec<String> = evaluated.flat_map(statements).flat_map(conditions).collect();
    found.sort();
    found.dedup();
    assert_eq!(found, known);
}

fn conditions(statement: &Value) -> Vec<String> {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let keys = operators
        .flat_map(|(operator, keys)| keys.as_object().unwrap().keys().map(move |key| format!("{operator} {key}")));
    keys.collect()
}

fn statements(content: &Content) -> &[Value] {
    content.value()["Statement"].as_array().unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter().filter_map(Value::as_str).collect()
}
