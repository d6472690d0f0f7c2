//! The roles of account-vending keep what they need, in every OU.

use std::fs;
use std::path::PathBuf;

use iam_evaluation::{ActionRequest, Keys};
use serde_json::{Value, json};
use vending_core::fill_policy;
use vending_policies::{CASE_ACCOUNT, Named, Outcome, Principal, own_roles};

use crate::organization::{Organization, read, root};

/// Checks that a role is denied nothing of a policy document anywhere.
fn assert_unrestricted(organization: &Organization, role: &Principal, permissions: &Value, label: &str) {
    for place in &organization.places {
        let check = place.chain.denied_actions(role, permissions, &organization.values).unwrap();
        assert_eq!(check.denied, [], "{label}: {role} in {:?}", place.path);
        assert_eq!(check.not_checked, [""; 0], "{label}");
    }
}

#[test]
fn own_roles_keep_their_permissions() {
    let organization = Organization::read();
    let roles = own_roles(&organization.values).unwrap();
    let names: Vec<String> = roles.iter().map(|role| role.principal.to_string()).collect();
    assert_eq!(names, ["AccountVending", "OrganizationAccountAccessRole", "AWSControlTowerExecution"]);
    for role in roles {
        assert!(role.permissions["Statement"].as_array().is_some_and(|statements| statements.len() > 1));
        assert!(!role.permissions.to_string().contains("${"), "{}: a statement is not filled", role.principal);
        assert_unrestricted(&organization, &role.principal, &role.permissions, "own role");
    }
}

fn filled(path: &str) -> Value {
    let boundary = format!("arn:aws:iam::{CASE_ACCOUNT}:policy/boundary");
    let values = [
        ("AccountId", CASE_ACCOUNT),
        ("GithubPermissionsBoundary", &*boundary),
        ("OrganizationAccessRoleName", "OrganizationAccountAccessRole"),
    ];
    fill_policy(&read(path), &values).unwrap()
}

/// The same by step, so that a failure names the step.
#[test]
fn every_step_keeps_the_permissions_of_its_session() {
    let organization = Organization::read();
    let policies = step_policies();
    assert!(policies.len() >= 10, "{policies:?}");
    for path in policies {
        let vending = Principal::Named(Named::AccountVending);
        assert_unrestricted(&organization, &vending, &filled(&path), &path);
    }
}

/// The checks above find something: an engineer is denied what the vending role may.
#[test]
fn engineers_are_denied_what_the_vending_role_may() {
    let organization = Organization::read();
    let root = &organization.places[0];
    let engineer = Principal::Named(Named::Engineer);
    let vending = &own_roles(&organization.values).unwrap()[0].permissions;
    let check = root.chain.denied_actions(&engineer, vending, &organization.values).unwrap();
    let denied: Vec<&str> = check.denied.iter().map(|one| one.action.as_str()).collect();
    for action in
        ["iam:CreateRole", "iam:UpdateAssumeRolePolicy", "config:PutConfigurationRecorder", "cloudtrail:UpdateTrail"]
    {
        assert!(denied.contains(&action), "{action} of {denied:?}");
    }
}

/// What only OrganizationBuilder may, it may in the OU of the core accounts.
#[test]
fn organization_builder_may_build_the_core_accounts() {
    let organization = Organization::read();
    let security = organization.places.iter().find(|place| place.path == "Security").unwrap();
    let bucket = "arn:aws:s3:::account-vending-logs-trail";
    let permissions = json!({ "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
                "s3:PutBucketObjectLockConfiguration", "s3:PutLifecycleConfiguration", "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketOwnershipControls", "s3:PutBucketLogging"],
            "Resource": bucket,
        },
        { "Effect": "Allow", "Action": ["kms:CreateKey", "kms:PutKeyPolicy", "kms:CreateAlias"], "Resource": "*",
            "Condition": { "StringEquals": { "kms:ResourceAliases": "alias/account-vending/logs" } } },
        { "Effect": "Allow", "Action": ["config:PutConfigurationAggregator", "config:PutOrganizationConfigRule",
            "config:DeleteOrganizationConfigRule", "config:PutConfigurationRecorder", "config:PutDeliveryChannel",
            "guardduty:CreateDetector", "guardduty:UpdateDetector", "guardduty:UpdateOrganizationConfiguration",
            "securityhub:EnableSecurityHub", "securityhub:CreateFindingAggregator",
            "securityhub:UpdateOrganizationConfiguration", "securityhub:StartConfigurationPolicyAssociation",
            "access-analyzer:CreateAnalyzer"], "Resource": "*" },
    ] });
    let denied = |role: Named| {
        security.chain.denied_actions(&Principal::Named(role), &permissions, &organization.values).unwrap().denied
    };
    assert_eq!(denied(Named::OrganizationBuilder), []);
    assert!(denied(Named::AccountVending).len() > 5, "the log archive is for OrganizationBuilder alone");
}

/// A new account is in the root first, and a policy of the root holds since its creation.
#[test]
fn new_account_can_be_bootstrapped_in_the_root() {
    let organization = Organization::read();
    let role = Principal::Named(Named::OrganizationAccountAccessRole);
    let resource = Some("arn:aws:iam::111122223333:role/account-vending/AccountVending");
    let keys: Keys = [
        ("aws:PrincipalArn", json!("arn:aws:iam::111122223333:role/OrganizationAccountAccessRole")),
        ("aws:RequestedRegion", json!("us-east-1")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for action in ["iam:GetRole", "iam:CreateRole", "iam:PutRolePolicy", "iam:TagRole"] {
        let outcome = organization.places[0].chain.decide(&role, ActionRequest { action, resource, keys: &keys });
        assert_eq!(outcome, Ok(Outcome::Allowed), "{action}");
    }
}

fn step_policies() -> Vec<String> {
    let mut found = Vec::new();
    for stage in ["baseline", "access"] {
        for step in fs::read_dir(root().join("functions").join(stage)).unwrap() {
            let step = step.unwrap().path();
            let files = fs::read_dir(&step).unwrap().map(|file| file.unwrap().path());
            let is_policy = |file: &PathBuf| file.file_stem().unwrap().to_str().unwrap().starts_with("session-policy");
            let policies = files.filter(is_policy);
            found.extend(policies.map(|file| file.strip_prefix(root()).unwrap().display().to_string()));
        }
    }
    found.sort();
    found
}
