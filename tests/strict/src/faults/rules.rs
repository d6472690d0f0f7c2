//! The rules in force, and how far each has worn off.

use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::rule::{Fault, Rule};
use crate::identity::Caller;
use crate::proxy::lock;
use crate::wire::AwsRequest;

/// A rule in force.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleStatus {
    pub id: u64,
    /// Its `times` are those that remain, and its `seed` is the one in use.
    pub rule: Rule,
    /// How many calls it matched.
    pub matched: u32,
    /// How many of them got the fault.
    pub applied: u32,
}

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
    chance: Rng,
    matched: u32,
    applied: u32,
    first: Option<Duration>,
}

impl Rules {
    /// The rules that name no seed of their own get theirs from this one.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, set: Mutex::default() }
    }

    pub(crate) fn add(&self, mut rule: Rule) -> u64 {
        let mut set = lock(&self.set);
        set.last_id += 1;
        let id = set.last_id;
        let seed = *rule.seed.get_or_insert(self.seed.wrapping_add(id));
        set.rules.push(Active { id, rule, chance: Rng::with_seed(seed), matched: 0, applied: 0, first: None });
        id
    }

    /// Answers how often the rule would still have applied.
    pub(crate) fn remove(&self, id: u64) -> Option<u32> {
        let mut set = lock(&self.set);
        let position = set.rules.iter().position(|active| active.id == id)?;
        Some(set.rules.remove(position).rule.times)
    }

    /// Uses up one time of the oldest rule that applies.
    pub(crate) fn take(&self, request: &AwsRequest, caller: &Caller, now: Duration) -> Option<(u64, Fault)> {
        let mut set = lock(&self.set);
        let mut matching = set.rules.iter_mut().filter(|active| active.rule.matches(request, caller));
        matching.find_map(|active| active.apply(now))
    }

    /// The rules for the vend that made this call are also for the calls about what came of it.
    pub(crate) fn learn(&self, request: &AwsRequest, caller: &Caller, made: &[String]) {
        let mut set = lock(&self.set);
        for active in set.rules.iter_mut().filter(|active| active.rule.is_of_vend(request, caller)) {
            active.rule.vend.extend_from_slice(made);
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
        if self.matched < self.rule.nth || since_first >= limit || !self.falls() {
            return None;
        }
        if self.rule.times != Rule::ALWAYS {
            self.rule.times -= 1;
        }
        self.applied += 1;
        Some((self.id, self.rule.fault.clone()))
    }

    fn falls(&mut self) -> bool {
        self.rule.probability.is_none_or(|probability| self.chance.f64() < probability)
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
        rules.take(&create_role("a"), &Caller::root("1"), now).is_some()
    }

    #[test]
    fn a_rule_applies_as_often_as_it_says_and_counts() {
        let rules = Rules::new(0);
        let id = rules.add(Rule { times: 3, ..cut() });
        assert_eq!(rules.take(&create_role("a"), &Caller::root("1"), START), Some((id, Fault::CutBefore)));
        assert!(applies(&rules, START));
        assert_eq!((rules.status()[0].applied, rules.status()[0].rule.times), (2, 1));
        assert_eq!(rules.remove(id), Some(1));
        assert_eq!(rules.remove(id), None);
        assert!(!applies(&rules, START));
    }

    #[test]
    fn account_and_parameter_narrow_a_rule() {
        let rules = Rules::new(0);
        rules.add(Rule {
            account: Some("111111111111".to_owned()),
            parameter: Some("\"engineers\"".to_owned()),
            ..Rule::new("iam", "CreateRole", Fault::CutAfter)
        });
        assert_eq!(rules.take(&create_role("engineers"), &Caller::root("222222222222"), START), None);
        assert_eq!(rules.take(&create_role("auditors"), &Caller::root("111111111111"), START), None);
        assert!(rules.take(&create_role("engineers"), &Caller::root("111111111111"), START).is_some());
    }

    #[test]
    fn a_rule_for_a_function_is_for_no_other_caller() {
        let rules = Rules::new(0);
        rules.add(Rule { function: Some("*-create-account".to_owned()), ..cut() });
        let by = |function: Option<&str>| {
            let caller = Caller { function: function.map(str::to_owned), ..Caller::root("1") };
            rules.take(&create_role("a"), &caller, START).is_some()
        };
        assert!(!by(None));
        assert!(!by(Some("stack-move-account")));
        assert!(by(Some("stack-create-account")));
    }

    #[test]
    fn a_rule_for_a_vend_is_for_all_calls_in_of_or_about_it() {
        let rules = Rules::new(0);
        let vend = vec!["team@example.com".to_owned()];
        rules.add(Rule { vend, times: Rule::ALWAYS, ..Rule::new("*", "*", Fault::CutBefore) });
        let (us, member) = (Caller::root("1"), Caller::root("111111111111"));
        let takes = |name: &str, caller: &Caller| rules.take(&create_role(name), caller, START).is_some();
        assert!(takes("for team@example.com", &us));
        assert!(!takes("111111111111", &us) && !takes("a", &member));
        rules.learn(&create_role("for team@example.com"), &us, &["111111111111".to_owned()]);
        rules.learn(&create_role("for others@example.com"), &us, &["222222222222".to_owned()]);
        assert!(takes("111111111111", &us) && takes("a", &member));
        assert!(!takes("222222222222", &us));
    }

    #[test]
    fn the_oldest_rule_applies_first() {
        let rules = Rules::new(0);
        rules.add(Rule::new("iam", "CreateRole", Fault::AccessDenied));
        rules.add(Rule::new("i*", "*", Fault::Delay { millis: 1 }));
        let take = || rules.take(&create_role("a"), &Caller::root("1"), START).map(|(_, fault)| fault);
        assert_eq!(take(), Some(Fault::AccessDenied));
        assert_eq!(take(), Some(Fault::Delay { millis: 1 }));
        assert_eq!(take(), None);
    }

    #[test]
    fn the_nth_call_alone_gets_the_fault() {
        let rules = Rules::new(0);
        rules.add(Rule { nth: 3, ..cut() });
        let applied: Vec<bool> = (0..5).map(|_| applies(&rules, START)).collect();
        assert_eq!(applied, [false, false, true, false, false]);
    }

    #[test]
    fn a_rule_for_a_while_ends_that_long_after_its_first_call() {
        let rules = Rules::new(0);
        rules.add(Rule { times: Rule::ALWAYS, for_millis: Some(1000), ..cut() });
        let at = |millis| applies(&rules, Duration::from_millis(millis));
        assert_eq!([at(500), at(1499), at(1500)], [true, true, false]);
    }

    #[test]
    fn chance_repeats_with_its_seed() {
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
