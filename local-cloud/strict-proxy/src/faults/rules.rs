//! The active rules.

use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use local_cloud::strict::{Fault, Rule, RuleStatus};

use super::matching::{is_related, matches_call};
use crate::identity::Caller;
use crate::sync::lock;
use crate::wire::AwsRequest;

pub(crate) struct Rules {
    seed: u64,
    set: Mutex<Set>,
}

#[derive(Default)]
struct Set {
    last_id: u64,
    rules: Vec<Active>,
}

struct Active {
    id: u64,
    rule: Rule,
    rng: Rng,
    matched: u32,
    applied: u32,
    first: Option<Duration>,
}

impl Rules {
    /// Rules without a seed derive theirs from this one.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, set: Mutex::default() }
    }

    pub(crate) fn add(&self, mut rule: Rule) -> u64 {
        let mut set = lock(&self.set);
        set.last_id += 1;
        let id = set.last_id;
        let seed = *rule.seed.get_or_insert(self.seed.wrapping_add(id));
        set.rules.push(Active { id, rule, rng: Rng::with_seed(seed), matched: 0, applied: 0, first: None });
        id
    }

    /// Returns how many times the rule had left.
    pub(crate) fn remove(&self, id: u64) -> Option<u32> {
        let mut set = lock(&self.set);
        let position = set.rules.iter().position(|active| active.id == id)?;
        Some(set.rules.remove(position).rule.times)
    }

    /// Returns the fault of the oldest rule that applies, and decrements the `times` of the rule.
    pub(crate) fn next_fault(&self, request: &AwsRequest, caller: &Caller, now: Duration) -> Option<(u64, Fault)> {
        let mut set = lock(&self.set);
        let mut matching = set.rules.iter_mut().filter(|active| matches_call(&active.rule, request, caller));
        matching.find_map(|active| active.apply(now))
    }

    /// Adds the IDs that a call created to the rules that the call is related to.
    pub(crate) fn add_related(&self, request: &AwsRequest, caller: &Caller, created: &[String]) {
        let mut set = lock(&self.set);
        for active in set.rules.iter_mut().filter(|active| is_related(&active.rule, request, caller)) {
            active.rule.related_to.extend_from_slice(created);
        }
    }

    pub(crate) fn status(&self) -> Vec<RuleStatus> {
        let status = |active: &Active| RuleStatus {
            id: active.id,
            rule: active.rule.clone(),
            matched: active.matched,
            applied: active.applied,
        };
        lock(&self.set).rules.iter().map(status).collect()
    }
}

impl Active {
    fn apply(&mut self, now: Duration) -> Option<(u64, Fault)> {
        if self.rule.times == 0 {
            return None;
        }
        self.matched += 1;
        let since_first = now.saturating_sub(*self.first.get_or_insert(now));
        let limit = self.rule.for_millis.map_or(Duration::MAX, Duration::from_millis);
        if self.matched < self.rule.nth || since_first >= limit || !self.is_chosen() {
            return None;
        }
        if self.rule.times != Rule::ALWAYS {
            self.rule.times -= 1;
        }
        self.applied += 1;
        Some((self.id, self.rule.fault.clone()))
    }

    fn is_chosen(&mut self) -> bool {
        self.rule.probability.is_none_or(|probability| self.rng.f64() < probability)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::Protocol;

    const START: Duration = Duration::ZERO;

    fn create_role(role: &str) -> AwsRequest {
        AwsRequest {
            service: "iam".to_owned(),
            operation: "CreateRole".to_owned(),
            region: None,
            access_key_id: None,
            protocol: Protocol::Query,
            parameters: json!({"RoleName": role}),
        }
    }

    fn cut() -> Rule {
        Rule::new("iam", "CreateRole", Fault::CutBefore)
    }

    fn applies(rules: &Rules, now: Duration) -> bool {
        rules.next_fault(&create_role("a"), &Caller::root("1"), now).is_some()
    }

    #[test]
    fn rule_applies_the_given_number_of_times() {
        let rules = Rules::new(0);
        let id = rules.add(Rule { times: 3, ..cut() });
        assert_eq!(rules.next_fault(&create_role("a"), &Caller::root("1"), START), Some((id, Fault::CutBefore)));
        assert!(applies(&rules, START));
        assert_eq!((rules.status()[0].applied, rules.status()[0].rule.times), (2, 1));
        assert_eq!(rules.remove(id), Some(1));
        assert_eq!(rules.remove(id), None);
        assert!(!applies(&rules, START));
    }

    #[test]
    fn rule_matches_account_and_parameter() {
        let rules = Rules::new(0);
        rules.add(Rule {
            account: Some("111111111111".to_owned()),
            parameter: Some("\"engineers\"".to_owned()),
            ..Rule::new("iam", "CreateRole", Fault::CutAfter)
        });
        assert_eq!(rules.next_fault(&create_role("engineers"), &Caller::root("222222222222"), START), None);
        assert_eq!(rules.next_fault(&create_role("auditors"), &Caller::root("111111111111"), START), None);
        assert!(rules.next_fault(&create_role("engineers"), &Caller::root("111111111111"), START).is_some());
    }

    #[test]
    fn function_rule_ignores_other_callers() {
        let rules = Rules::new(0);
        rules.add(Rule { function: Some("*-create-account".to_owned()), ..cut() });
        let by = |function: Option<&str>| {
            let caller = Caller { function: function.map(str::to_owned), ..Caller::root("1") };
            rules.next_fault(&create_role("a"), &caller, START).is_some()
        };
        assert!(!by(None));
        assert!(!by(Some("stack-move-account")));
        assert!(by(Some("stack-create-account")));
    }

    #[test]
    fn related_rule_matches_calls_for_created_ids() {
        let rules = Rules::new(0);
        let related_to = vec!["team@example.com".to_owned()];
        rules.add(Rule { related_to, times: Rule::ALWAYS, ..Rule::new("*", "*", Fault::CutBefore) });
        let (us, member) = (Caller::root("1"), Caller::root("111111111111"));
        let takes = |name: &str, caller: &Caller| rules.next_fault(&create_role(name), caller, START).is_some();
        assert!(takes("for team@example.com", &us));
        assert!(!takes("111111111111", &us) && !takes("a", &member));
        rules.add_related(&create_role("for team@example.com"), &us, &["111111111111".to_owned()]);
        rules.add_related(&create_role("for others@example.com"), &us, &["222222222222".to_owned()]);
        assert!(takes("111111111111", &us) && takes("a", &member));
        assert!(!takes("222222222222", &us));
    }

    #[test]
    fn oldest_rule_applies_first() {
        let rules = Rules::new(0);
        rules.add(Rule::new("iam", "CreateRole", Fault::AccessDenied));
        rules.add(Rule::new("i*", "*", Fault::Delay { millis: 1 }));
        let take = || rules.next_fault(&create_role("a"), &Caller::root("1"), START).map(|(_, fault)| fault);
        assert_eq!(take(), Some(Fault::AccessDenied));
        assert_eq!(take(), Some(Fault::Delay { millis: 1 }));
        assert_eq!(take(), None);
    }

    #[test]
    fn only_the_nth_call_gets_the_fault() {
        let rules = Rules::new(0);
        rules.add(Rule { nth: 3, ..cut() });
        let applied: Vec<bool> = (0..5).map(|_| applies(&rules, START)).collect();
        assert_eq!(applied, [false, false, true, false, false]);
    }

    #[test]
    fn timed_rule_ends_after_its_first_call() {
        let rules = Rules::new(0);
        rules.add(Rule { times: Rule::ALWAYS, for_millis: Some(1000), ..cut() });
        let at = |millis| applies(&rules, Duration::from_millis(millis));
        assert_eq!([at(500), at(1499), at(1500)], [true, true, false]);
    }

    #[test]
    fn random_choices_repeat_with_their_seed() {
        let one_in_ten = || Rule { times: Rule::ALWAYS, probability: Some(0.1), ..cut() };
        let run = |seed| {
            let rules = Rules::new(7);
            rules.add(Rule { seed, ..one_in_ten() });
            let applied: Vec<bool> = (0..1000).map(|_| applies(&rules, START)).collect();
            (applied, rules.status()[0].rule.seed)
        };
        let (picked, seed) = run(None);
        assert_eq!(run(seed), (picked.clone(), seed));
        assert_ne!(run(Some(1)).0, picked);
        assert!((50..200).contains(&picked.iter().filter(|applied| **applied).count()));
    }
}
