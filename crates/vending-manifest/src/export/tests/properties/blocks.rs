//! Generated `vending` blocks.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::Number;
use vending_core::{Contact, Contacts, GroupAccess, QuotaIncrease, Requests, SecurityContactOverride, VendingBlock};

/// Text in one line that a manifest accepts, of up to this many characters.
pub(super) fn line(most: usize) -> impl Strategy<Value = String> + Clone {
    let nasty = vec![
        "Sam", "yes", "1", "\"q\"", "a: b # c", "- x", "{x}", "'", ",", "[", "%", "@a", "`", "| ", "\u{FEFF}",
        "\u{2028}",
    ];
    let any_line = any::<String>().prop_map(|text| text.chars().filter(|character| !character.is_control()).collect());
    prop_oneof![select(nasty).prop_map(str::to_owned), any_line]
        .prop_map(move |text: String| text.trim().chars().take(most).collect::<String>().trim().to_owned())
        .prop_filter("empty", |text| !text.is_empty() && !matches!(text.as_str(), "." | ".."))
}

pub(super) fn block() -> impl Strategy<Value = VendingBlock> {
    let full = (limits(), names(), contacts(), access()).prop_map(|(limits, names, contacts, access)| VendingBlock {
        contacts,
        access,
        email_pattern: names.email_pattern,
        alias_pattern: names.alias_pattern,
        customization: names.customization,
        email_domains: names.email_domains,
        github_owners: names.github_owners,
        permission_sets: names.permission_sets,
        ..limits
    });
    prop_oneof![9 => full, 1 => Just(VendingBlock::default())]
}

fn limits() -> impl Strategy<Value = VendingBlock> {
    let requests = prop::option::of(select(vec![Requests::Allowed, Requests::Denied]));
    let overrides = select(vec![SecurityContactOverride::Allowed, SecurityContactOverride::Denied]);
    let arns = ["*", "arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/job-function/A"];
    let steps = ["request-quota-increases", "grant-access", "set-budget"];
    let subscribers = ["finance@example.com", "a+b=c@example.com", "#x@example.com"];
    let bits = (prop::option::of(any::<bool>()), prop::option::of(any::<bool>()), prop::option::of(overrides));
    let lists = (some(&arns), some(&steps), some(&subscribers), quotas());
    (requests, bits, prop::option::of(1..=1_000_000_000_u32), lists).prop_map(|(requests, bits, budget, lists)| {
        let subscribers = lists.2.map(|all| all.iter().map(|email| email.parse().unwrap()).collect());
        VendingBlock {
            requests,
            adopt: bits.0,
            remove_default_vpcs: bits.1,
            security_contact_override: bits.2,
            monthly_budget_usd: budget,
            deploy_policy_arns: lists.0,
            without_steps: lists.1,
            budget_subscribers: subscribers,
            quota_increases: lists.3,
            ..VendingBlock::default()
        }
    })
}

fn names() -> impl Strategy<Value = VendingBlock> {
    let owners =
        prop::collection::btree_map(select(vec!["acme", "123", "null", "a-b_c", "1e3"]), 1..(1_u64 << 53), 0..3);
    let owners = owners.prop_map(|owners| owners.into_iter().map(|(name, id)| (name.to_owned(), id)).collect());
    let owners: BoxedStrategy<BTreeMap<String, u64>> = owners.boxed();
    let patterns = vec!["aws+{accountName}@example.com", "{accountName}@example.com"];
    let machine = "arn:aws:states:us-east-1:111122223333:stateMachine:name";
    let texts = (prop::option::of(select(patterns)), any::<[bool; 2]>());
    let lists =
        (some(&["example.com", "*", "1.example"]), some(&["*", "Admin", "A+=,.@_-7"]), prop::option::of(owners));
    (texts, lists).prop_map(move |((email_pattern, has), (email_domains, permission_sets, github_owners))| {
        VendingBlock {
            email_pattern: email_pattern.map(str::to_owned),
            alias_pattern: has[0].then(|| "acme-{accountName}".parse().unwrap()),
            customization: has[1].then(|| machine.parse().unwrap()),
            email_domains,
            permission_sets,
            github_owners,
            ..VendingBlock::default()
        }
    })
}

/// Some of the entries of a list, or no list.
fn some(all: &[&'static str]) -> impl Strategy<Value = Option<Vec<String>>> + use<> {
    let all: Vec<String> = all.iter().map(|&entry| entry.to_owned()).collect();
    let most = all.len();
    prop::option::of(subsequence(all, 0..=most))
}

fn quotas() -> impl Strategy<Value = Option<Vec<QuotaIncrease>>> {
    let value = prop_oneof![
        (1..10_000_000_000_u64).prop_map(Number::from),
        (1e-7..1e10_f64).prop_map(|value| Number::from_f64(value).unwrap()),
    ];
    let region = prop::option::of(Just("eu-west-1".to_owned()));
    let quota = (value, region).prop_map(|(value, region)| (value, region));
    prop::option::of(prop::collection::vec(quota, 0..3)).prop_map(|quotas| {
        let quota = |(index, (value, region)): (usize, (Number, Option<String>))| QuotaIncrease {
            service: "ec2".to_owned(),
            code: format!("L-{index}"),
            value,
            region,
        };
        quotas.map(|quotas| quotas.into_iter().enumerate().map(quota).collect())
    })
}

fn contacts() -> impl Strategy<Value = Option<Contacts>> {
    let contact = || {
        let phone = select(vec!["+49 30 5550100", "110", "(0) 1-2"]);
        prop::option::of((line(64), line(50), phone)).prop_map(|contact| {
            contact.map(|(name, title, phone)| Contact {
                name,
                title,
                email: "a.b#c|d!e&f@example.com".to_owned(),
                phone: phone.to_owned(),
            })
        })
    };
    prop::option::of((contact(), contact(), contact()))
        .prop_map(|all| all.map(|(security, billing, operations)| Contacts { security, billing, operations }))
}

fn access() -> impl Strategy<Value = Option<Vec<GroupAccess>>> {
    let groups = prop::collection::btree_set(line(200), 0..4);
    prop::option::of(groups).prop_map(|groups| {
        let access = |group| GroupAccess { group, permission_set: "A+=,.@_-7".to_owned() };
        groups.map(|groups| groups.into_iter().map(access).collect())
    })
}
