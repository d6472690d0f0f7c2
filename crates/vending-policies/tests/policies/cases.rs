//! The cases of the policies, each policy alone, and with all others.

use vending_policies::{Chain, Expected, FailedCase, Principal};

use crate::organization::{Organization, read};

fn assert_none(failed: &[FailedCase], place: &str) {
    let failed: Vec<String> = failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{place}:\n{}", failed.join("\n"));
}

#[test]
fn policies_alone_pass_their_cases() {
    let organization = Organization::read();
    for (name, cases) in &organization.cases {
        let chain = Chain::alone(organization.contents[name].clone());
        assert_none(&chain.try_cases(cases, &organization.values).unwrap(), name);
    }
}

#[test]
fn attached_policies_pass_their_cases() {
    let organization = Organization::read();
    let mut tried = 0;
    for (name, cases) in &organization.cases {
        for place in organization.places_of(name) {
            assert_none(&place.chain.try_cases(cases, &organization.values).unwrap(), &place.path);
            tried += 1;
        }
    }
    assert_eq!(tried, organization.cases.len(), "each policy is attached once");
}

/// A case that passes without its policy says nothing of it.
#[test]
fn each_denied_case_needs_its_policy() {
    let organization = Organization::read();
    for (name, cases) in &organization.cases {
        let failed = Chain::default().try_cases(cases, &organization.values).unwrap();
        let denied = cases.cases.iter().filter(|case| case.is == Expected::Denied);
        let expected: usize = denied.map(|case| case.who.len() * case.does.len()).sum();
        assert!(expected > 0, "{name} denies nothing");
        assert_eq!(failed.len(), expected, "{name}");
    }
}

#[test]
fn each_policy_says_what_it_leaves_alone() {
    for (name, cases) in Organization::read().cases {
        assert!(cases.cases.iter().any(|case| case.is == Expected::Allowed), "{name}");
    }
}

/// The policies must hold in other Regions and organizations than those of the example.
#[test]
fn cases_do_not_depend_on_the_example() {
    let mut organization = Organization::read();
    let values = &mut organization.values;
    values.governed_regions = ["us-east-1", "ap-northeast-1", "ca-central-1"].map(str::to_owned).to_vec();
    values.home_region = "ca-central-1".to_owned();
    values.trail_name = Some("audit".to_owned());
    values.log_bucket_prefix = Some("logs-of-beta".to_owned());
    values.github_owners = [("beta-inc".to_owned(), 7)].into();
    values.organization_access_role = "OrganizationAdmin".to_owned();
    for (name, cases) in &organization.cases {
        let text = read(&format!("organization/policies/{name}.json"));
        let policy_type = organization.contents[name].policy_type();
        let document = vending_policies::Document::parse(name, policy_type, &text).unwrap();
        let chain = Chain::alone(document.fill(&organization.values).unwrap());
        assert_none(&chain.try_cases(cases, &organization.values).unwrap(), name);
    }
}

#[test]
fn cases_match_their_schema() {
    let schema = jsonschema::draft202012::new(&vending_policies::schema()).unwrap();
    for name in Organization::read().cases.keys() {
        let text = read(&format!("organization/policies/{name}.cases.yaml"));
        let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let problems: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
        assert!(text.starts_with("# yaml-language-server: $schema=../../schemas/policy-cases.schema.json\n"), "{name}");
    }
}

/// Each kind of principal has a case somewhere, so that none is forgotten.
#[test]
fn cases_have_every_kind_of_principal() {
    use strum::VariantArray;
    let organization = Organization::read();
    let tried: Vec<&Principal> =
        organization.cases.values().flat_map(|cases| &cases.cases).flat_map(|case| &case.who).collect();
    for named in vending_policies::Named::VARIANTS {
        assert!(tried.contains(&&Principal::Named(*named)), "{named}");
    }
}
