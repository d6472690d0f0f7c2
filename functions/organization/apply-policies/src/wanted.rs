//! The policies that the manifest wants, and where.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use vending_core::{OrganizationalUnitPath, PlanBlocker, Problem};
use vending_manifest::PolicyType;
use vending_plans::Desired;
use vending_policies::{Content, Values};

/// Where a policy is attached.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Place {
    Root,
    Unit(OrganizationalUnitPath),
}

/// A policy of the manifest.
#[derive(Clone, Debug)]
pub(crate) struct WantedPolicy {
    pub(crate) policy_type: PolicyType,
    /// The ID of the policy that it takes over.
    pub(crate) adopt: Option<String>,
    pub(crate) content: Content,
    pub(crate) places: BTreeSet<Place>,
}

/// The policies by their names. One whose document or cases are wrong is a blocker instead.
pub(crate) struct Wanted {
    pub(crate) policies: BTreeMap<String, WantedPolicy>,
    pub(crate) blockers: Vec<PlanBlocker>,
}

impl Wanted {
    pub(crate) fn of(desired: &Desired, values: &Values) -> Self {
        let tried = desired.manifest.try_policies(&desired.documents, values);
        let mut contents = tried.contents;
        let policy = |(name, policy): (&String, &vending_manifest::Policy)| {
            let content = contents.remove(name)?;
            let (policy_type, adopt, places) = (policy.policy_type, policy.adopt.clone(), BTreeSet::new());
            Some((name.clone(), WantedPolicy { policy_type, adopt, content, places }))
        };
        let mut wanted = Self {
            policies: desired.manifest.policies.iter().filter_map(policy).collect(),
            blockers: tried.problems.into_iter().map(|problem| blocker(&problem.policy, problem.detail)).collect(),
        };
        wanted.place(&desired.manifest.root.policies, &Place::Root);
        for unit in desired.manifest.units() {
            wanted.place(&unit.unit.policies, &Place::Unit(unit.path));
        }
        wanted
    }

    fn place(&mut self, names: &[String], place: &Place) {
        for name in names {
            if let Some(policy) = self.policies.get_mut(name) {
                policy.places.insert(place.clone());
            }
        }
    }
}

fn blocker(policy: &str, detail: String) -> PlanBlocker {
    PlanBlocker {
        pointer: pointer(policy),
        detail,
        remedy: "correct the document or its cases; a policy is not attached before its cases hold".to_owned(),
    }
}

/// The JSON pointer of a policy in the manifest.
pub(crate) fn pointer(policy: &str) -> String {
    Problem::at(&["policies", policy], "").pointer
}

impl Place {
    /// The JSON pointer of the list of policies of the place.
    pub(crate) fn pointer(&self) -> String {
        match self {
            Self::Root => "/root/policies".to_owned(),
            Self::Unit(path) => format!("{}/policies", vending_plans::pointer(path)),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("root"),
            Self::Unit(path) => path.fmt(formatter),
        }
    }
}
