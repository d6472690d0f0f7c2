//! Plans for single account creations.

use serde::{Deserialize, Serialize};

use super::settings::{Delivery, Visibility};

/// Determines the next `times` creations with this email and account name.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreationPlan {
    /// `*` matches any string, also in `account_name`.
    #[serde(default = "any")]
    pub email: String,
    #[serde(default = "any")]
    pub account_name: String,
    #[serde(default = "once")]
    pub times: u32,
    /// How long the creation is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_progress_millis: Option<u64>,
    #[serde(default)]
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Delivery>,
}

/// How a creation ends. Only one that succeeds creates an account.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    #[default]
    Succeeds,
    /// With this failure reason, which may be one that AWS does not document.
    Fails { reason: String },
    /// Stays in progress.
    NeverCompletes,
    /// Completes with a state that AWS does not document.
    Completes { state: String },
}

impl Default for CreationPlan {
    fn default() -> Self {
        Self {
            email: any(),
            account_name: any(),
            times: 1,
            in_progress_millis: None,
            outcome: Outcome::Succeeds,
            visibility: None,
            events: None,
        }
    }
}

impl CreationPlan {
    /// Plans one creation with this email.
    pub fn for_email(email: &str, outcome: Outcome) -> Self {
        Self { email: email.to_owned(), outcome, ..Self::default() }
    }
}

fn any() -> String {
    "*".to_owned()
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plans_are_deserialized_from_json() {
        let failing = json!({"email": "a@b.c", "outcome": {"kind": "fails", "reason": "INTERNAL_FAILURE"}});
        let reason = "INTERNAL_FAILURE".to_owned();
        let expected = CreationPlan::for_email("a@b.c", Outcome::Fails { reason });
        assert_eq!(serde_json::from_value::<CreationPlan>(failing).unwrap(), expected);
        assert!(serde_json::from_value::<CreationPlan>(json!({"mail": "a@b.c"})).is_err());
    }
}
