//! The policies of a manifest, filled in and tried.

use std::collections::BTreeMap;

use vending_policies::{Cases, Chain, Content, Document, FailedCase, FileProblem, Level, Values, own_roles};

use crate::manifest::Manifest;

/// The policies with what AWS would get, and what is wrong with some of them.
#[derive(Clone, Debug, Default)]
pub struct TriedPolicies {
    /// By name. A policy whose document cannot be used has none.
    pub contents: BTreeMap<String, Content>,
    pub problems: Vec<PolicyProblem>,
}

/// Why a policy must not be attached.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct PolicyProblem {
    /// The name of the policy.
    pub policy: String,
    pub detail: String,
}

/// The root or an OU, with the policies from the root down to it.
struct Place<'a> {
    /// The policies that are attached here, by name.
    attached: &'a [String],
    chain: Chain,
}

impl Manifest {
    /// What the placeholders of policies stand for, as far as the manifest says it. The IDs of the organization and its
    /// management account are examples.
    pub fn policy_values(&self) -> Values {
        let blocks = std::iter::once(self.root.vending.as_ref())
            .chain(self.units().into_iter().map(|unit| unit.unit.vending.as_ref()))
            .flatten();
        let owners = blocks.filter_map(|block| block.github_owners.clone()).flatten();
        Values {
            governed_regions: self.governed_regions(),
            home_region: self.home_region().to_owned(),
            trail_name: self.trail.as_ref().and_then(|trail| trail.name.clone()),
            log_bucket_prefix: self.log_archive.as_ref().map(|_| LOG_BUCKET_PREFIX.to_owned()),
            github_owners: owners.collect(),
            ..Values::default()
        }
    }

    /// Fills in the documents, and tries every case where its policy is attached, with the policies above. The roles of
    /// account-vending must keep what they need in every OU.
    pub fn try_policies(&self, documents: &BTreeMap<String, String>, values: &Values) -> TriedPolicies {
        let mut tried = TriedPolicies::default();
        let mut cases = BTreeMap::new();
        for (name, policy) in &self.policies {
            match content(name, policy.policy_type, documents, values) {
                Ok(content) => drop(tried.contents.insert(name.clone(), content)),
                Err(problems) => tried.add(name, problems),
            }
            if let Some(text) = documents.get(&Cases::path(name)) {
                match Cases::parse(name, text) {
                    Ok(parsed) => drop(cases.insert(name.clone(), parsed)),
                    Err(problems) => tried.add(name, problems),
                }
            }
        }
        for place in self.places(&tried.contents) {
            tried.try_cases(&place, &cases, values);
            tried.check_own_roles(&place, values);
        }
        tried.problems.sort_unstable();
        tried.problems.dedup();
        tried
    }

    fn places(&self, contents: &BTreeMap<String, Content>) -> Vec<Place<'_>> {
        let of = |names: &[String]| names.iter().filter_map(|name| contents.get(name).cloned()).collect::<Vec<_>>();
        let root = Level::root(of(&self.root.policies));
        let mut places = vec![Place { attached: &self.root.policies, chain: Chain::new(vec![root.clone()]) }];
        let mut levels: BTreeMap<String, Vec<Level>> = BTreeMap::new();
        for unit in self.units() {
            let above = unit.path.parent().and_then(|path| levels.get(path.as_str()).cloned());
            let mut chain = above.unwrap_or_else(|| vec![root.clone()]);
            chain.push(Level::organizational_unit(unit.path.as_str(), of(&unit.unit.policies)));
            levels.insert(unit.path.to_string(), chain.clone());
            places.push(Place { attached: &unit.unit.policies, chain: Chain::new(chain) });
        }
        places
    }
}

/// What the names of the buckets of the log archive begin with.
const LOG_BUCKET_PREFIX: &str = "account-vending-logs-";

fn content(
    name: &str,
    policy_type: vending_policies::PolicyType,
    documents: &BTreeMap<String, String>,
    values: &Values,
) -> Result<Content, Vec<FileProblem>> {
    let path = Document::path(name);
    let missing = || vec![FileProblem::of_file(&path, "is needed in the folder of the manifest")];
    Document::parse(name, policy_type, documents.get(&path).ok_or_else(missing)?)?.fill(values)
}

impl TriedPolicies {
    fn add<T: ToString>(&mut self, policy: &str, problems: impl IntoIterator<Item = T>) {
        let problem = |detail: T| PolicyProblem { policy: policy.to_owned(), detail: detail.to_string() };
        self.problems.extend(problems.into_iter().map(problem));
    }

    fn try_cases(&mut self, place: &Place<'_>, cases: &BTreeMap<String, Cases>, values: &Values) {
        let usable: Vec<&String> = place.attached.iter().filter(|name| self.contents.contains_key(*name)).collect();
        for name in usable {
            let Some(cases) = cases.get(name) else { continue };
            match place.chain.try_cases(cases, values) {
                Ok(failed) => self.add(name, by_case(&failed)),
                Err(problems) => self.add(name, problems),
            }
        }
    }

    /// A denial by a policy of the place itself is enough: those above are checked at their own places.
    fn check_own_roles(&mut self, place: &Place<'_>, values: &Values) {
        let Ok(roles) = own_roles(values) else { return };
        for role in roles {
            let checked = match place.chain.denied_actions(&role.principal, &role.permissions, values) {
                Ok(checked) => checked,
                Err(error) => {
                    if let Some(policy) = place.attached.first() {
                        self.add(policy, [error]);
                    }
                    continue;
                }
            };
            for denied in checked.denied {
                let Some(policy) = denied.denial.policy.clone().filter(|policy| place.attached.contains(policy)) else {
                    continue;
                };
                let detail = format!(
                    "denies {} to the role {}, which needs it: {}; exempt the exact ARN of the role",
                    denied.action, role.principal, denied.denial
                );
                self.add(&policy, [detail]);
            }
        }
    }
}

/// A case can have many requests: the first of them is shown.
fn by_case(failed: &[FailedCase]) -> Vec<String> {
    let cases = failed.chunk_by(|one, other| (&one.file, &one.pointer) == (&other.file, &other.pointer));
    let shown = |case: &[FailedCase]| {
        let first = case.first()?;
        Some(match case.len() - 1 {
            0 => first.to_string(),
            others => format!("{first}; {others} more of this case"),
        })
    };
    cases.filter_map(shown).collect()
}
