//! The policies that hold for an account, from the root down.

mod outcome;
mod role;
mod try_cases;

use iam_evaluation::{ActionRequest, Evaluation, InvalidPolicy};

use crate::PolicyType;
use crate::content::Content;
use crate::principal::Principal;

pub use outcome::{Denial, Outcome};
pub use role::{DeniedAction, RoleCheck};
pub use try_cases::FailedCase;

/// The root, an OU, or an account, with the policies that are attached to it.
#[derive(Clone, Debug)]
pub struct Level {
    place: String,
    policies: Vec<Content>,
    has_full_access: bool,
}

/// The levels from the root to an OU or an account. Every SCP and RCP of every level decides:
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    levels: Vec<Level>,
}

impl Level {
    /// The root. Policies of other types than SCPs and RCPs decide nothing and are ignored.
    pub fn root(policies: Vec<Content>) -> Self {
        Self::new("the root", policies)
    }

    /// An OU, by its path.
    pub fn organizational_unit(path: &str, policies: Vec<Content>) -> Self {
        Self::new(&format!("the OU {path}"), policies)
    }

    /// An account, by its name or ID.
    pub fn account(account: &str, policies: Vec<Content>) -> Self {
        Self::new(&format!("the account {account}"), policies)
    }

    fn new(place: &str, policies: Vec<Content>) -> Self {
        Self { place: place.to_owned(), policies, has_full_access: true }
    }

    /// Says that FullAWSAccess is not attached, so that an SCP of the level must allow a request.
    /// RCPFullAWSAccess cannot be detached.
    #[must_use]
    pub fn without_full_access(self) -> Self {
        Self { has_full_access: false, ..self }
    }

    fn of_type(&self, policy_type: PolicyType) -> impl Iterator<Item = &Content> {
        self.policies.iter().filter(move |policy| policy.policy_type() == policy_type)
    }
}

impl Chain {
    /// The levels in order, the root first.
    pub fn new(levels: Vec<Level>) -> Self {
        Self { levels }
    }

    /// One policy alone, attached to the root.
    pub fn alone(policy: Content) -> Self {
        Self::new(vec![Level::root(vec![policy])])
    }

    /// Decides a request of a principal: an explicit deny of any level, or a level that does not allow the request. The
    /// permissions of the principal are not looked at.
    pub fn decide(&self, principal: &Principal, request: ActionRequest<'_>) -> Result<Outcome, InvalidPolicy> {
        let types = [PolicyType::Scp, PolicyType::Rcp].into_iter();
        let mut missing = None;
        for policy_type in types.filter(|one| *one == PolicyType::Rcp || principal.is_bound_by_scps()) {
            for level in &self.levels {
                let mut allows = level.has_full_access || policy_type == PolicyType::Rcp;
                for content in level.of_type(policy_type) {
                    let Some(policy) = content.policy() else { continue };
                    let decision = policy.decide(request)?;
                    if decision.evaluation == Evaluation::ExplicitDeny {
                        return Ok(Outcome::Denied(Denial::explicit(level, content, decision)));
                    }
                    allows |= decision.evaluation == Evaluation::Allowed;
                }
                if !allows {
                    missing.get_or_insert_with(|| Denial::missing(level));
                }
            }
        }
        Ok(missing.map_or(Outcome::Allowed, Outcome::Denied))
    }
}

#[cfg(test)]
mod tests;
