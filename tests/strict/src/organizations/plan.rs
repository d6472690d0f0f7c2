//! How single creations go, where a test wants them to go otherwise than the rest.

use serde::{Deserialize, Serialize};

use super::visibility::Visibility;
use crate::events::Delivery;
use crate::wire::matches;

/// The next `times` creations with this email and account name go like this.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreationPlan {
    /// A `*` stands for any text, here and in the name.
    #[serde(default = "any")]
    pub email: String,
    #[serde(default = "any")]
    pub account_name: String,
    #[serde(default = "once")]
    pub times: u32,
    /// How long the creation is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_millis: Option<u64>,
    #[serde(default)]
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Delivery>,
}

/// How a creation ends. Only one that succeeds makes an account.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    #[default]
    Succeeds,
    /// With one of AWS's failure reasons, or one that nobody knows.
    Fails { reason: String },
    /// Is in progress for ever.
    NeverSettles,
    /// Settles in a state that nobody knows.
    Settles { state: String },
}

impl Default for CreationPlan {
    fn default() -> Self {
        Self {
            email: any(),
            account_name: any(),
            times: 1,
            settle_millis: None,
            outcome: Outcome::Succeeds,
            visibility: None,
            events: None,
        }
    }
}

impl CreationPlan {
    /// For one creation of an account with this email.
    pub fn of_email(email: &str, outcome: Outcome) -> Self {
        Self { email: email.to_owned(), outcome, ..Self::default() }
    }

    fn fits(&self, email: &str, account_name: &str) -> bool {
        self.times > 0 && matches(&self.email, email) && matches(&self.account_name, account_name)
    }
}

#[derive(Default)]
pub(super) struct Plans {
    last_id: u64,
    plans: Vec<(u64, CreationPlan)>,
}

impl Plans {
    pub(super) fn add(&mut self, plan: CreationPlan) -> u64 {
        self.last_id += 1;
        self.plans.push((self.last_id, plan));
        self.last_id
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<u32> {
        let position = self.plans.iter().position(|(known, _)| *known == id)?;
        Some(self.plans.remove(position).1.times)
    }

    /// Uses up one time of the oldest plan that fits.
    pub(super) fn take(&mut self, email: &str, account_name: &str) -> Option<CreationPlan> {
        let (_, plan) = self.plans.iter_mut().find(|(_, plan)| plan.fits(email, account_name))?;
        plan.times -= 1;
        Some(plan.clone())
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
    fn a_plan_is_for_its_emails_and_names_and_as_often_as_it_says() {
        let mut plans = Plans::default();
        let plan = json!({"email": "a@*", "accountName": "Team*", "times": 2, "outcome": {"kind": "neverSettles"}});
        let id = plans.add(serde_json::from_value(plan).unwrap());
        assert_eq!(plans.take("a@example.com", "Other"), None);
        assert_eq!(plans.take("b@example.com", "Team A"), None);
        assert_eq!(plans.take("A@example.com", "Team A").unwrap().outcome, Outcome::NeverSettles);
        assert_eq!(plans.remove(id), Some(1));
        assert_eq!(plans.take("a@example.com", "Team A"), None);
    }

    #[test]
    fn a_plan_is_read_as_written_in_the_control_api() {
        let failing = json!({"email": "a@b.c", "outcome": {"kind": "fails", "reason": "INTERNAL_FAILURE"}});
        let reason = "INTERNAL_FAILURE".to_owned();
        let expected = CreationPlan::of_email("a@b.c", Outcome::Fails { reason });
        assert_eq!(serde_json::from_value::<CreationPlan>(failing).unwrap(), expected);
        assert!(serde_json::from_value::<CreationPlan>(json!({"mail": "a@b.c"})).is_err());
    }
}
