//! Who asks for an account, and what that lets them change later.

/// Whoever asks: the ARN of a user, of a role's session or of a CloudFormation stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Requester(String);

impl Requester {
    pub fn new(arn: impl Into<String>) -> Self {
        Self(arn.into())
    }

    pub fn arn(&self) -> &str {
        &self.0
    }

    /// Whether this is the user, role or stack that a record names.
    pub fn is(&self, recorded_arn: &str) -> bool {
        principal(&self.0) == principal(recorded_arn)
    }
}

/// The user or role behind an ARN: of an assumed role, without the session's name.
///
/// Authority belongs to the role: the session's name is what whoever assumes the role chooses.
pub fn principal(arn: &str) -> &str {
    let Some((before, role_and_session)) = arn.split_once(ASSUMED_ROLE) else {
        return arn;
    };
    match role_and_session.split_once('/') {
        Some((role, _)) => &arn[..before.len() + ASSUMED_ROLE.len() + role.len()],
        None => arn,
    }
}

/// What stands before the name of the role in the ARN of its session.
pub const ASSUMED_ROLE: &str = ":assumed-role/";

/// A requester that is a CloudFormation stack, by its id.
pub fn stack_id(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let is_stack =
        parts.nth(2) == Some("cloudformation") && parts.nth(2).is_some_and(|name| name.starts_with("stack/"));
    is_stack.then_some(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_one_role_are_one_requester() {
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
            assert_eq!(Requester::new(first).is(other), same, "{other}");
        }
    }

    #[test]
    fn stacks_are_told_from_people() {
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
