//! Policies of this deployment, of others, and of AWS.

use super::*;

fn own(id: &str, name: &str, at: &[&str]) -> ExistingPolicy {
    ExistingPolicy { own_name: Some(name.to_owned()), ..policy(id, name, at) }
}

fn with(policies: Vec<ExistingPolicy>) -> ExistingOrganization {
    ExistingOrganization { policies, ..sample() }
}

/// The differences of the policies.
fn differences(export: &Export) -> Vec<&str> {
    let differences = export.differences.iter().map(String::as_str);
    differences.filter(|difference| *difference != "it writes the first settings").collect()
}

#[test]
fn own_policies_are_where_aws_has_them() {
    let existing = with(vec![
        own("p-1", "deny", &["r-root", "ou-p"]),
        own("p-2", "b", &["ou-p"]),
        own("p-3", "unused", &[]),
        ExistingPolicy {
            policy_type: PolicyType::AiOptOut,
            content: r#"{"services":{"default":{"opt_out_policy":{"@@assign":"optOut"}}}}"#.to_owned(),
            ..own("p-4", "opt-out", &["r-root"])
        },
    ]);
    let export = export(&existing, &options(false));
    let manifest = parsed(&export);
    assert_eq!(manifest.policies.keys().collect::<Vec<_>>(), ["b", "deny", "opt-out", "unused"]);
    assert!(manifest.policies.values().all(|policy| policy.adopt.is_none()));
    assert_eq!(manifest.root.policies, ["deny", "opt-out"]);
    let production = &manifest.root.organizational_units["Workloads"].organizational_units["Production"];
    assert_eq!(production.policies, ["b", "deny"]);
    let tried = manifest.try_policies(&export.documents, &manifest.policy_values());
    assert_eq!(tried.problems, []);
    assert_eq!(tried.contents["opt-out"].text(), existing.policies[3].content);
    assert_eq!(differences(&export), [""; 0]);
}

#[test]
fn policies_of_others_are_comments() {
    let existing = with(vec![
        policy("p-other", "Deny leave", &["r-root", "ou-p", "111122223333"]),
        policy("p-unused", "Unused\n- { type: scp }", &[]),
        ExistingPolicy { is_aws_managed: true, ..policy("p-FullAWSAccess", "FullAWSAccess", &["r-root"]) },
        policy("p-g", "aws-guardrails-x", &["ou-w"]),
        ExistingPolicy { own_name: Some("guard".to_owned()), ..policy("p-h", "aws-guardrails-y", &["ou-w"]) },
    ]);
    let export = export(&existing, &options(false));
    let manifest = parsed(&export);
    assert!(manifest.policies.is_empty() && manifest.root.policies.is_empty() && export.documents.is_empty());
    for line in [
        "# Of AWS, and never changed: FullAWSAccess.",
        "# Of AWS Control Tower, and never changed: aws-guardrails-x, aws-guardrails-y.",
        "# - Deny leave (p-other), of type scp, attached to 111122223333, Workloads/Production, root",
        "# - Unused\\u000A- { type: scp } (p-unused), of type scp, attached to nowhere",
    ] {
        assert!(export.manifest.contains(&format!("{line}\n")), "{line} in {}", export.manifest);
    }
    assert_eq!(differences(&export), [""; 0]);
}

#[test]
fn policies_of_others_are_adopted_on_request() {
    let existing = with(vec![
        own("p-own", "deny-all", &["r-root"]),
        policy("p-12345678", "Deny all", &["r-root"]),
        policy("p-23456789", "DENY-ALL", &["ou-w"]),
    ]);
    let export = export(&existing, &options(true));
    let manifest = parsed(&export);
    let adopted: Vec<_> =
        manifest.policies.iter().map(|(name, policy)| (name.as_str(), policy.adopt.as_deref())).collect();
    assert_eq!(adopted, [("DENY-ALL-2", Some("p-23456789")), ("Deny-all-3", Some("p-12345678")), ("deny-all", None)]);
    assert_eq!(manifest.root.policies, ["Deny-all-3", "deny-all"]);
    assert_eq!(differences(&export), ["it adopts the policies DENY-ALL-2 (now DENY-ALL), Deny-all-3 (now Deny all)"]);
}

#[test]
fn policy_that_would_lose_a_place_is_not_adopted() {
    let scps = (0..10).map(|index| policy(&format!("p-1000000{index}"), &format!("scp-{index}"), &["ou-s"]));
    let mut existing = with(scps.collect());
    existing.units.push(unit("ou-x", "A/B", vec![]));
    let broken = |id: &str, name: &str, content: &str| ExistingPolicy {
        content: content.to_owned(),
        ..policy(id, name, &["r-root"])
    };
    let allow = EMPTY.replace("Deny", "Allow");
    existing.policies.extend([
        policy("p-20000000", "of-an-account", &["r-root", "111122223333"]),
        policy("p-20000001", "of-a-slash", &["ou-x"]),
        broken("p-20000002", "no-json", "{"),
        broken("p-20000003", "placeholder", &EMPTY.replace("x:Y", "{{homeRegion}}:Y")),
        broken("p-20000004", "allow-list", &allow),
    ]);
    let export = export(&existing, &options(true));
    let manifest = parsed(&export);
    let names: Vec<&str> = manifest.policies.keys().map(String::as_str).collect();
    let scps: Vec<String> = (0..9).map(|index| format!("scp-{index}")).collect();
    let adopted: Vec<&str> = std::iter::once("allow-list").chain(scps.iter().map(String::as_str)).collect();
    assert_eq!(names, adopted);
    let text = export.manifest.replace("\n#   ", " ");
    for (name, why) in [
        ("of-an-account", "; it is attached to the account 111122223333"),
        ("of-a-slash", "; it is attached to the OU ou-x, which this file cannot name"),
        ("no-json", "; its document is not valid JSON"),
        ("placeholder", "; its document has placeholders"),
        ("scp-9", "; this file can have at most 9 of type scp at Sandbox"),
    ] {
        let line = text.lines().find(|line| line.starts_with(&format!("# - {name} "))).unwrap();
        assert!(line.contains(why), "{line}");
    }
}

#[test]
fn own_policy_changed_in_aws_is_a_difference() {
    let mut existing = with(vec![
        ExistingPolicy { name: "renamed".to_owned(), ..own("p-1", "a", &["ou-x", "111122223333"]) },
        ExistingPolicy { content: "{}".to_owned(), ..own("p-2", "b", &[]) },
        ExistingPolicy { name: "c (2)".to_owned(), ..own("p-3", "b", &[]) },
        ExistingPolicy { name: "d".to_owned(), ..own("p-4", "d/d", &[]) },
    ]);
    existing.units.push(unit("ou-x", "A/B", vec![]));
    let export = export(&existing, &options(false));
    assert_eq!(parsed(&export).policies.keys().collect::<Vec<_>>(), ["a", "b"]);
    let why = "its tag does not have a name of its own that this file can have";
    let found = differences(&export);
    assert!(found[0].starts_with("the policy b cannot be applied: its document "), "{found:?}");
    assert_eq!(
        found[1..],
        [
            &format!("the policy c (2) (p-3) is detached and deleted: {why}"),
            &format!("the policy d (p-4) is detached and deleted: {why}"),
            "the policy renamed (p-1) is called a again",
            "the policy a is detached from the OU ou-x, which this file cannot say",
            "the policy a is detached from the account 111122223333, which this file cannot say",
        ]
    );
    assert_eq!(export.documents["policies/b.json"], "{}");
}

#[test]
fn policies_of_disabled_types_are_comments() {
    let mut existing = with(vec![
        own("p-1", "a", &[]),
        ExistingPolicy { policy_type: PolicyType::Rcp, ..own("p-2", "rcp", &[]) },
        ExistingPolicy { policy_type: PolicyType::Rcp, ..policy("p-3", "theirs", &[]) },
    ]);
    existing.features.policy_types.insert("CHATBOT_POLICY".to_owned());
    let export = export(&existing, &options(true));
    assert_eq!(parsed(&export).policies.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(comments(&export, "CHATBOT_POLICY").len(), 1);
    assert_eq!(comments(&export, "Of types that are not enabled: rcp."), ["# Of types that are not enabled: rcp."]);
}

#[test]
fn unit_with_a_policy_is_exported() {
    let mut existing = with(vec![own("p-1", "a", &["ou-p"])]);
    existing.settings = Some(settings(&json!({ "paths": { "ou-s": "Sandbox" } })));
    let export = export(&existing, &options(false));
    let manifest = parsed(&export);
    let paths: Vec<String> = manifest.units().iter().map(|unit| unit.path.to_string()).collect();
    assert_eq!(paths, ["Sandbox", "Workloads", "Workloads/Production"]);
    assert_eq!(
        differences(&export),
        ["the OU Workloads/Production (ou-p) is new in the settings", "the OU Workloads (ou-w) is new in the settings",]
    );
    assert_eq!(comments(&export, "Here because a policy of this file").len(), 2);
}
