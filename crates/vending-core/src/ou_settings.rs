//! Settings by OU.

use std::fmt;
use std::str::FromStr;

use crate::id::{InvalidId, OrganizationalUnitPath};

/// Values by OU, as in the parameters of the stack: `Sandbox=50,Workloads/Development=500,*=1000`.
///
/// A value applies to an OU and to all OUs below it that have no value of their own. `*` matches all other OUs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OuSettings<T> {
    by_path: Vec<(OrganizationalUnitPath, T)>,
    others: Option<T>,
}

const OTHERS: &str = "*";

impl<T> Default for OuSettings<T> {
    fn default() -> Self {
        Self { by_path: Vec::new(), others: None }
    }
}

impl<T> OuSettings<T> {
    /// Parses entries of the form `path=value`. `expected` describes a value in error messages.
    pub fn parse(entries: &[String], expected: &str) -> Result<Self, InvalidId>
    where
        T: FromStr<Err: fmt::Display>,
    {
        // The name of an OU can contain `=`. Values cannot.
        let pair = |entry: &String| {
            entry
                .rsplit_once('=')
                .map(|(path, value)| (path.to_owned(), value.to_owned()))
                .ok_or_else(|| InvalidId(format!("`{entry}` must be an OU path or {OTHERS}, a `=`, and {expected}")))
        };
        let pairs: Vec<_> = entries.iter().map(pair).collect::<Result<_, _>>()?;
        Self::from_pairs(pairs.iter().map(|(path, value)| (path.as_str(), value.as_str())), expected)
    }

    /// Parses pairs of an OU path, or `*`, and a value. `expected` describes a value in error messages.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
        expected: &str,
    ) -> Result<Self, InvalidId>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let mut values = Self::default();
        for (path, value) in pairs {
            let (path, value) = (path.trim(), value.trim());
            let invalid = |why: &dyn fmt::Display| InvalidId(format!("`{path}={value}` {why}"));
            let parsed = value
                .parse()
                .map_err(|error: T::Err| invalid(&format_args!("must have {expected} after the `=`: {error}")))?;
            values.add(path, parsed).map_err(|why| invalid(&why))?;
        }
        Ok(values)
    }

    /// The value for accounts in an OU, from the most specific path.
    pub fn get(&self, unit: &OrganizationalUnitPath) -> Option<&T> {
        let ancestors = self.by_path.iter().filter(|(path, _)| unit.is_within(path.as_str()));
        let nearest = ancestors.max_by_key(|(path, _)| path.segments().count());
        nearest.map(|(_, value)| value).or(self.others.as_ref())
    }

    fn add(&mut self, path: &str, value: T) -> Result<(), InvalidId> {
        let duplicate = || Err(InvalidId("has the OU of an earlier entry".to_owned()));
        if path == OTHERS {
            return if self.others.replace(value).is_some() { duplicate() } else { Ok(()) };
        }
        let path: OrganizationalUnitPath = path.parse()?;
        if self.by_path.iter().any(|(known, _)| is_same(known, &path)) {
            return duplicate();
        }
        self.by_path.push((path, value));
        Ok(())
    }
}

/// OU names are compared without case, as AWS does.
fn is_same(one: &OrganizationalUnitPath, other: &OrganizationalUnitPath) -> bool {
    one.is_within(other.as_str()) && other.is_within(one.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<OuSettings<u32>, String> {
        let entries: Vec<String> = text.split(',').map(str::to_owned).collect();
        OuSettings::parse(&entries, "a whole number").map_err(|error| error.to_string())
    }

    fn get(values: &OuSettings<u32>, unit: &str) -> Option<u32> {
        values.get(&unit.parse().unwrap()).copied()
    }

    #[test]
    fn most_specific_path_wins_in_any_order() {
        for text in [
            "Workloads=1,Workloads/Dev/Tests=3,*=9,Workloads/Dev=2",
            "*=9,Workloads/Dev=2,Workloads=1,Workloads/Dev/Tests=3",
        ] {
            let values = parse(text).unwrap();
            assert_eq!(get(&values, "Workloads/Dev/Tests/Nightly"), Some(3));
            assert_eq!(get(&values, "workloads/DEV"), Some(2));
            assert_eq!(get(&values, "Workloads/Development"), Some(1));
            assert_eq!(get(&values, "Sandbox"), Some(9));
        }
    }

    #[test]
    fn other_ous_have_no_value_by_default() {
        assert_eq!(get(&parse("Sandbox=1").unwrap(), "Workloads"), None);
        assert_eq!(get(&OuSettings::default(), "Workloads"), None);
    }

    #[test]
    fn names_are_trimmed_and_may_contain_equals() {
        let values = parse("Business Unit = 1,A=B=2").unwrap();
        assert_eq!(get(&values, "Business Unit"), Some(1));
        assert_eq!(get(&values, "A=B/C"), Some(2));
    }

    #[test]
    fn invalid_entry_is_named() {
        for (text, why) in [
            ("Sandbox", "`Sandbox` must be an OU path or *, a `=`, and a whole number"),
            ("Sandbox=much", "`Sandbox=much` must have a whole number after the `=`: invalid digit"),
            ("A//B=1", "`A//B=1` must be OU names"),
            ("=1", "`=1` must be OU names"),
            ("Sandbox/A=1,sandbox/a=2", "`sandbox/a=2` has the OU of an earlier entry"),
            ("*=1,*=2", "`*=2` has the OU of an earlier entry"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.starts_with(why), "{text}: {message}");
        }
    }
}
