//! Reads the example of an organization.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vending_policies::{Cases, Chain, Content, Document, Level, Values};

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The manifest, its policies, and their cases.
pub(crate) struct Organization {
    pub(crate) values: Values,
    /// By name.
    pub(crate) contents: BTreeMap<String, Content>,
    /// Of SCPs and RCPs, by name.
    pub(crate) cases: BTreeMap<String, Cases>,
    /// The root and all OUs, by their path; that of the root is empty.
    pub(crate) places: Vec<Place>,
}

/// The root or an OU.
pub(crate) struct Place {
    pub(crate) path: String,
    /// The names of the policies that are attached here.
    pub(crate) policies: Vec<String>,
    /// The policies from the root to here.
    pub(crate) chain: Chain,
}

impl Organization {
    pub(crate) fn read() -> Self {
        let manifest: Value = serde_saphyr::from_str(&read("organization/organization.yaml")).unwrap();
        let values = values(&manifest);
        let contents: BTreeMap<String, Content> = documents(&manifest)
            .iter()
            .map(|document| (document.name().to_owned(), document.fill(&values).unwrap()))
            .collect();
        let evaluated = contents.iter().filter(|(_, content)| content.policy_type().is_evaluated());
        let cases = evaluated.map(|(name, _)| (name.clone(), cases(name))).collect();
        let mut places = Vec::new();
        collect(&manifest["root"], "", &[], &contents, &mut places);
        Self { values, contents, cases, places }
    }

    /// The places to which a policy is attached.
    pub(crate) fn places_of(&self, policy: &str) -> Vec<&Place> {
        self.places.iter().filter(|place| place.policies.iter().any(|name| name == policy)).collect()
    }
}

fn values(manifest: &Value) -> Values {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let owners = manifest["root"]["vending"]["githubOwners"].as_object().unwrap();
    Values {
        governed_regions: manifest["governedRegions"].as_array().unwrap().iter().map(text).collect(),
        home_region: text(&manifest["homeRegion"]),
        trail_name: Some(text(&manifest["trail"]["name"])),
        log_bucket_prefix: manifest.get("logArchive").map(|_| "account-vending-logs".to_owned()),
        github_owners: owners.iter().map(|(name, id)| (name.clone(), id.as_u64().unwrap())).collect(),
        ..Values::default()
    }
}

fn documents(manifest: &Value) -> Vec<Document> {
    let policies = manifest["policies"].as_object().unwrap();
    let document = |(name, policy): (&String, &Value)| {
        let policy_type = policy["type"].as_str().unwrap().parse().unwrap();
        let text = read(&format!("organization/{}", Document::path(name)));
        Document::parse(name, policy_type, &text).unwrap_or_else(|problems| panic!("{problems:?}"))
    };
    policies.iter().map(document).collect()
}

fn cases(name: &str) -> Cases {
    let text = read(&format!("organization/{}", Cases::path(name)));
    Cases::parse(name, &text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn collect(unit: &Value, path: &str, above: &[Level], contents: &BTreeMap<String, Content>, places: &mut Vec<Place>) {
    let names = unit["policies"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned());
    let policies: Vec<String> = names.collect();
    let attached = policies.iter().map(|name| contents[name].clone()).collect();
    let level = if path.is_empty() { Level::root(attached) } else { Level::organizational_unit(path, attached) };
    let levels = [above, &[level]].concat();
    places.push(Place { path: path.to_owned(), policies, chain: Chain::new(levels.clone()) });
    for (name, below) in unit["organizationalUnits"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        collect(below, &path, &levels, contents, places);
    }
}
