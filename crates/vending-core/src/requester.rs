//! The requester of an account.

use crate::arn::Arn;

/// The requester, by the ARN of a user, a role session, or a CloudFormation stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requester {
    arn: String,
    is_operator: bool,
}

impl Requester {
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), is_operator: false }
    }

    /// An operator, who may change any account.
    pub fn operator(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), is_operator: true }
    }

    pub fn arn(&self) -> &str {
        &self.arn
    }

    pub const fn is_operator(&self) -> bool {
        self.is_operator
    }

    /// Whether this is the user, role, or stack of the recorded ARN. Sessions of the same role are the same requester.
    pub fn is_same_principal(&self, recorded_arn: &str) -> bool {
        principal(&self.arn) == principal(recorded_arn)
    }
}

/// The user or role of an ARN. For an assumed role, the name of the session is removed, because the caller that assumes
/// the role chooses it.
pub fn principal(arn: &str) -> &str {
    let Some((before, role_and_session)) = arn.split_once(ASSUMED_ROLE) else {
        return arn;
    };
    match role_and_session.split_once('/') {
        Some((role, _)) => &arn[..before.len() + ASSUMED_ROLE.len() + role.len()],
        None => arn,
    }
}

/// The part of a role session ARN before the name of the role.
pub(crate) const ASSUMED_ROLE: &str = ":assumed-role/";

/// The ARN of the sessions of a role, as callers have it: without the path of the role. `None` if it is not a role.
pub fn assumed_role(role: &Arn<'_>) -> Option<String> {
    let name = role.resource_after("role/")?.rsplit('/').next()?;
    Some(format!("arn:{}:sts::{}{ASSUMED_ROLE}{name}", role.partition, role.account))
}

/// Returns the ARN if it is the ID of a CloudFormation stack.
pub fn stack_id(arn: &str) -> Option<&str> {
    let parsed = Arn::parse(arn)?;
    (parsed.service == "cloudformation" && parsed.resource.starts_with("stack/")).then_some(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_a_role_are_the_same_requester() {
        let first = "arn:aws:sts::111111111111:assumed-role/Developer/jane@example.com";
        let role = "arn:aws:sts::111111111111:assumed-role/Developer";
        assert_eq!(principal(first), role);
        assert_eq!(principal(role), role);
        for (other, same) in [
            ("arn:aws:sts::111111111111:assumed-role/Developer/joe", true),
            ("arn:aws:sts::111111111111:assumed-role/Developer2/jane@example.com", false),
            ("arn:aws:sts::222222222222:assumed-role/Developer/jane@example.com", false),
            ("arn:aws:iam::111111111111:user/Developer", false),
        ] {
            assert_eq!(Requester::new(first).is_same_principal(other), same, "{other}");
        }
    }

    #[test]
    fn stack_arns_are_recognized() {
        let stack = "arn:aws:cloudformation:us-east-1:111111111111:stack/payments/0a1b2c3d";
        assert_eq!(stack_id(stack), Some(stack));
        for other in [
            "arn:aws:iam::111111111111:user/stack/payments",
            "arn:aws:cloudformation:us-east-1:111111111111:changeSet/x/1",
            "",
        ] {
            assert_eq!(stack_id(other), None, "{other}");
        }
    }
}
