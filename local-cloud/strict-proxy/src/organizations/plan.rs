//! Plans for single account creations.

use local_cloud::strict::CreationPlan;

use crate::wire::matches;

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

    /// Returns the oldest plan that matches, and decrements its `times`.
    pub(super) fn take(&mut self, email: &str, account_name: &str) -> Option<CreationPlan> {
        let (_, plan) = self.plans.iter_mut().find(|(_, plan)| is_for(plan, email, account_name))?;
        plan.times -= 1;
        Some(plan.clone())
    }
}

fn is_for(plan: &CreationPlan, email: &str, account_name: &str) -> bool {
    plan.times > 0 && matches(&plan.email, email) && matches(&plan.account_name, account_name)
}

#[cfg(test)]
mod tests {
    use local_cloud::strict::Outcome;
    use serde_json::json;

    use super::*;

    #[test]
    fn plan_applies_to_matching_creations() {
        let mut plans = Plans::default();
        let plan = json!({"email": "a@*", "accountName": "Team*", "times": 2, "outcome": {"kind": "neverCompletes"}});
        let id = plans.add(serde_json::from_value(plan).unwrap());
        assert_eq!(plans.take("a@example.com", "Other"), None);
        assert_eq!(plans.take("b@example.com", "Team A"), None);
        assert_eq!(plans.take("A@example.com", "Team A").unwrap().outcome, Outcome::NeverCompletes);
        assert_eq!(plans.remove(id), Some(1));
        assert_eq!(plans.take("a@example.com", "Team A"), None);
    }
}
