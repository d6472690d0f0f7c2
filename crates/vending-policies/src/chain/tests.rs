//! Decisions over several levels.

use iam_evaluation::Keys;
use serde_json::{Value, json};

use super::*;
use crate::cases::Cases;
use crate::principal::Named;
use crate::values::Values;

fn policy(name: &str, policy_type: PolicyType, statement: &Value) -> Content {
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    Content::existing(name, policy_type, &document.to_string()).unwrap()
}

fn scp(name: &str, effect: &str, action: &str) -> Content {
    policy(name, PolicyType::Scp, &json!({ "Sid": "Only", "Effect": effect, "Action": action, "Resource": "*" }))
}

fn rcp(name: &str, action: &str) -> Content {
    let statement = json!({ "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*" });
    policy(name, PolicyType::Rcp, &statement)
}

fn decide(chain: &Chain, who: Named, action: &str) -> String {
    let request = ActionRequest { action, resource: None, keys: &Keys::new() };
    chain.decide(&Principal::Named(who), request).unwrap().to_string()
}

#[test]
fn deny_of_any_level_decides() {
    let chain = Chain::new(vec![
        Level::root(vec![scp("a", "Deny", "s3:*")]),
        Level::organizational_unit("Workloads/Production", vec![scp("b", "Deny", "ec2:*"), rcp("c", "sts:*")]),
        Level::account("payments-dev", vec![scp("d", "Deny", "rds:*")]),
    ]);
    for (action, expected) in [
        ("s3:GetObject", "statement Only of the policy a of the root denies it"),
        ("ec2:RunInstances", "statement Only of the policy b of the OU Workloads/Production denies it"),
        ("sts:AssumeRole", "statement 1 of the policy c of the OU Workloads/Production denies it"),
        ("rds:CreateDBInstance", "statement Only of the policy d of the account payments-dev denies it"),
        ("iam:GetRole", "no policy denies it"),
    ] {
        assert_eq!(decide(&chain, Named::Role, action), expected);
    }
}

#[test]
fn level_without_full_access_must_allow() {
    let list = || vec![scp("list", "Allow", "s3:*")];
    let with_full_access = Chain::new(vec![Level::root(list())]);
    assert_eq!(decide(&with_full_access, Named::Role, "ec2:RunInstances"), "no policy denies it");
    let chain = Chain::new(vec![Level::root(vec![]), Level::organizational_unit("A", list()).without_full_access()]);
    assert_eq!(decide(&chain, Named::Role, "s3:GetObject"), "no policy denies it");
    assert_eq!(decide(&chain, Named::Role, "ec2:RunInstances"), "no SCP of the OU A allows it");
}

#[test]
fn explicit_deny_is_named_before_a_missing_allow() {
    let levels = vec![
        Level::root(vec![]).without_full_access(),
        Level::organizational_unit("A", vec![scp("a", "Deny", "s3:*")]),
    ];
    let expected = "statement Only of the policy a of the OU A denies it";
    assert_eq!(decide(&Chain::new(levels), Named::Role, "s3:GetObject"), expected);
}

/// A token is no principal of the account, and RCPs are for everyone.
#[test]
fn scps_do_not_bind_web_identities() {
    let chain = Chain::new(vec![Level::root(vec![scp("a", "Deny", "*"), rcp("b", "s3:*")])]);
    assert_eq!(decide(&chain, Named::WebIdentity, "sts:AssumeRoleWithWebIdentity"), "no policy denies it");
    assert_eq!(decide(&chain, Named::WebIdentity, "s3:GetObject"), "statement 1 of the policy b of the root denies it");
}

#[test]
fn other_types_decide_nothing() {
    let settings = Content::existing("x", PolicyType::S3, r#"{ "Statement": [{ "Effect": "Deny" }] }"#).unwrap();
    let chain = Chain::new(vec![Level::root(vec![settings])]);
    assert_eq!(decide(&chain, Named::Role, "s3:GetObject"), "no policy denies it");
}

fn cases(text: &str) -> Cases {
    Cases::parse("a", &format!("why: a\nbreaks: b\ncases:\n{text}")).unwrap()
}

#[test]
fn failed_case_says_what_decided() {
    let chain = Chain::alone(scp("a", "Deny", "s3:*"));
    let cases = cases(
        "\
- { who: [role, engineer], does: [s3:GetObject, ec2:RunInstances], is: denied, because: it must }
- { who: root, does: s3:GetObject, on: 'arn:aws:s3:::{{homeRegion}}', is: allowed, because: it should }
",
    );
    let failed = chain.try_cases(&cases, &Values::default()).unwrap();
    let failed: Vec<String> = failed.iter().map(ToString::to_string).collect();
    assert_eq!(
        failed,
        [
            "policies/a.cases.yaml: `/cases/0` role ec2:RunInstances must be denied (it must), but no policy denies it",
            "policies/a.cases.yaml: `/cases/0` engineer ec2:RunInstances must be denied (it must), but no policy denies it",
            "policies/a.cases.yaml: `/cases/1` root s3:GetObject on arn:aws:s3:::us-east-1 must be allowed (it should), but \
             statement Only of the policy a of the root denies it",
        ]
    );
}

#[test]
fn keys_of_a_case_replace_those_of_the_principal() {
    let condition = json!({ "StringEquals": { "aws:RequestedRegion": "eu-north-1" } });
    let statement = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition });
    let chain = Chain::alone(policy("a", PolicyType::Scp, &statement));
    let cases = cases(
        "\
- { who: role, does: s3:GetObject, is: allowed, because: the home Region is another }
- { who: role, does: s3:GetObject, with: { aws:RequestedRegion: eu-north-1 }, is: denied, because: a }
- { who: role, does: s3:GetObject, with: { AWS:requestedregion: eu-north-1 }, is: denied, because: b }
",
    );
    assert_eq!(chain.try_cases(&cases, &Values::default()), Ok(vec![]));
}

#[test]
fn value_that_a_case_needs_is_a_problem_once() {
    let cases = cases(
        "- { who: [role, root], does: s3:GetObject, on: 'arn:aws:s3:::{{logBucketPrefix}}', is: denied, because: a }\n",
    );
    let problems = Chain::default().try_cases(&cases, &Values::default()).unwrap_err();
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        ["policies/a.cases.yaml: `/cases/0` needs a value for {{logBucketPrefix}}: set `logArchive` of the manifest"]
    );
}

fn denied(deny: &Value, permissions: &Value) -> Vec<(String, Option<String>, String)> {
    let chain = Chain::alone(policy("a", PolicyType::Scp, deny));
    let permissions = json!({ "Statement": [permissions] });
    let values = Values { governed_regions: vec!["eu-west-1".to_owned()], ..Values::default() };
    let check = chain.denied_actions(&Principal::Named(Named::AccountVending), &permissions, &values).unwrap();
    check.denied.into_iter().map(|one| (one.action, one.resource, one.region)).collect()
}

#[test]
fn denied_actions_of_a_role_are_found() {
    let deny = json!({ "Effect": "Deny", "Action": ["iam:PutRolePolicy", "iam:DeleteRole"], "Resource": "*" });
    let allow = |actions: &[&str]| json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    let expected = ("iam:DeleteRole".to_owned(), None, "eu-west-1".to_owned());
    assert_eq!(denied(&deny, &allow(&["iam:GetRole", "iam:DeleteRole"])), [expected]);
    assert_eq!(denied(&deny, &allow(&["iam:GetRole"])), []);
    let not_allowed = json!({ "Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*" });
    assert_eq!(denied(&deny, &not_allowed), []);
}

#[test]
fn resources_that_a_policy_protects_are_tried() {
    let protected = "arn:aws:iam::*:role/account-vending/*";
    let deny = json!({ "Effect": "Deny", "Action": "iam:DeleteRole", "Resource": protected });
    let allow = |resource: &str| json!({ "Effect": "Allow", "Action": "iam:DeleteRole", "Resource": resource });
    let found = |resource: &str| {
        denied(&deny, &allow(resource)).into_iter().filter_map(|(_, resource, _)| resource).collect::<Vec<_>>()
    };
    let example = ["arn:aws:iam::111122223333:role/account-vending/example"];
    assert_eq!(found("arn:aws:iam::111122223333:role/*"), example);
    assert_eq!(found("*"), example);
    assert_eq!(found("arn:aws:iam::111122223333:role/x/*"), [""; 0]);
}

#[test]
fn every_region_of_a_role_is_tried() {
    let condition = json!({ "StringEquals": { "aws:RequestedRegion": "us-east-1" } });
    let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition });
    let allow =
        json!({ "Effect": "Allow", "Action": "ssm:GetServiceSetting", "Resource": "arn:aws:ssm:*:*:servicesetting/a" });
    let resource = "arn:aws:ssm:us-east-1:111122223333:servicesetting/a".to_owned();
    let expected = ("ssm:GetServiceSetting".to_owned(), Some(resource), "us-east-1".to_owned());
    assert_eq!(denied(&deny, &allow), [expected]);
}

#[test]
fn conditions_of_permissions_are_kept() {
    let condition = |arn: &str| json!({ "ArnLike": { "iam:PolicyARN": arn } });
    let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": condition("arn:aws:iam::aws:policy/*") });
    let allow = |arn: &str| json!({ "Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": condition(arn) });
    assert_eq!(denied(&deny, &allow("arn:aws:iam::aws:policy/*")).len(), 1);
    assert_eq!(denied(&deny, &allow("arn:aws:iam::111122223333:policy/*")), []);
}

/// Documents can have one statement instead of a list, and no resources.
#[test]
fn every_form_of_permissions_is_checked() {
    let deny = json!({ "Version": "2012-10-17", "Statement":
        { "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::logs*" } });
    let content = Content::existing("a", PolicyType::Scp, &deny.to_string()).unwrap();
    let chain = Chain::new(vec![Level::root(vec![content, scp("b", "Deny", "iam:*")])]);
    let role = Principal::Named(Named::Role);
    let check = |statement: Value| {
        let permissions = json!({ "Statement": statement });
        chain.denied_actions(&role, &permissions, &Values::default()).unwrap()
    };
    let one = check(json!({ "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::*" }));
    assert_eq!(one.denied[0].resource.as_deref(), Some("arn:aws:s3:::logsexample"));
    let rest = check(json!({ "Effect": "Allow", "Action": "iam:GetRole", "NotResource": "arn:aws:iam::*:role/a" }));
    assert_eq!((rest.denied.len(), rest.denied[0].resource.as_deref()), (1, None));
    let other = check(json!({ "Effect": "Allow", "NotAction": "iam:GetRole", "Resource": "*" }));
    assert_eq!(other, RoleCheck { denied: vec![], not_checked: vec!["NotAction".to_owned()] });
}

#[test]
fn actions_with_wildcards_are_not_checked() {
    let chain = Chain::alone(scp("a", "Deny", "s3:*"));
    let permissions =
        json!({ "Statement": [{ "Effect": "Allow", "Action": ["s3:Get*", "iam:GetRole"], "Resource": "*" }] });
    let check = chain.denied_actions(&Principal::Named(Named::Role), &permissions, &Values::default()).unwrap();
    assert_eq!(check, RoleCheck { denied: vec![], not_checked: vec!["s3:Get*".to_owned()] });
}
