//! Settings that differ from organizational unit to organizational unit.

use std::fmt;
use std::str::FromStr;

use crate::id::{InvalidId, OrganizationalUnitPath};

/// Values by OU, as the stack's parameters have them: `Sandbox=50,Workloads/Development=500,*=1000`.
///
/// A value holds for an OU with all below it, unless one below has its own; `*` stands for all others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PerUnit<T> {
    by_path: Vec<(OrganizationalUnitPath, T)>,
    others: Option<T>,
}

const OTHERS: &str = "*";

impl<T> Default for PerUnit<T> {
    fn default() -> Self {
        Self { by_path: Vec::new(), others: None }
    }
}

impl<T> PerUnit<T> {
    /// Reads entries of the form `path=value`; `what` says in messages what a value is.
    pub fn parse(entries: &[String], what: &str) -> Result<Self, InvalidId>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let mut values = Self::default();
        for entry in entries {
            let wrong = |why: &dyn fmt::Display| InvalidId(format!("`{entry}` {why}"));
            // An OU's name may have a `=` of its own; the values have none.
            let (path, value) = entry
                .rsplit_once('=')
                .ok_or_else(|| wrong(&format_args!("must be an OU path or {OTHERS}, a `=`, and {what}")))?;
            let value = value
                .trim()
                .parse()
                .map_err(|error: T::Err| wrong(&format_args!("must have {what} after the `=`: {error}")))?;
            values.add(path.trim(), value).map_err(|why| wrong(&why))?;
        }
        Ok(values)
    }

    /// The value for accounts in an OU: that of the most specific path.
    pub fn of(&self, unit: &OrganizationalUnitPath) -> Option<&T> {
        let around = self.by_path.iter().filter(|(path, _)| unit.is_within(path.as_str()));
        let nearest = around.max_by_key(|(path, _)| path.segments().count());
        nearest.map(|(_, value)| value).or(self.others.as_ref())
    }

    fn add(&mut self, path: &str, value: T) -> Result<(), InvalidId> {
        let twice = || Err(InvalidId("names its OU a second time".to_owned()));
        if path == OTHERS {
            return if self.others.replace(value).is_some() { twice() } else { Ok(()) };
        }
        let path: OrganizationalUnitPath = path.parse()?;
        if self.by_path.iter().any(|(known, _)| is_same(known, &path)) {
            return twice();
        }
        self.by_path.push((path, value));
        Ok(())
    }
}

/// OU names do not differ by case alone.
fn is_same(one: &OrganizationalUnitPath, other: &OrganizationalUnitPath) -> bool {
    one.is_within(other.as_str()) && other.is_within(one.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PerUnit<u32>, String> {
        let entries: Vec<String> = text.split(',').map(str::to_owned).collect();
        PerUnit::parse(&entries, "a whole number").map_err(|error| error.to_string())
    }

    fn of(values: &PerUnit<u32>, unit: &str) -> Option<u32> {
        values.of(&unit.parse().unwrap()).copied()
    }

    #[test]
    fn the_most_specific_path_wins_wherever_it_stands() {
        for text in [
            "Workloads=1,Workloads/Dev/Tests=3,*=9,Workloads/Dev=2",
            "*=9,Workloads/Dev=2,Workloads=1,Workloads/Dev/Tests=3",
        ] {
            let values = parse(text).unwrap();
            assert_eq!(of(&values, "Workloads/Dev/Tests/Nightly"), Some(3));
            assert_eq!(of(&values, "workloads/DEV"), Some(2));
            assert_eq!(of(&values, "Workloads/Development"), Some(1));
            assert_eq!(of(&values, "Sandbox"), Some(9));
        }
    }

    #[test]
    fn without_a_value_for_all_others_they_have_none() {
        assert_eq!(of(&parse("Sandbox=1").unwrap(), "Workloads"), None);
        assert_eq!(of(&PerUnit::default(), "Workloads"), None);
    }

    #[test]
    fn spaces_around_are_ignored_and_a_name_may_have_an_equals_sign() {
        let values = parse("Business Unit = 1,A=B=2").unwrap();
        assert_eq!(of(&values, "Business Unit"), Some(1));
        assert_eq!(of(&values, "A=B/C"), Some(2));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_entry() {
        for (text, why) in [
            ("Sandbox", "`Sandbox` must be an OU path or *, a `=`, and a whole number"),
            ("Sandbox=much", "`Sandbox=much` must have a whole number after the `=`: invalid digit"),
            ("A//B=1", "`A//B=1` must be OU names"),
            ("=1", "`=1` must be OU names"),
            ("Sandbox/A=1,sandbox/a=2", "`sandbox/a=2` names its OU a second time"),
            ("*=1,*=2", "`*=2` names its OU a second time"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.starts_with(why), "{text}: {message}");
        }
    }
}
