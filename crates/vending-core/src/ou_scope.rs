//! A list of OUs in a parameter.

use std::fmt;
use std::str::FromStr;

use crate::id::{InvalidId, OrganizationalUnitPath};

/// OUs with all OUs below them. `*` matches every OU.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OuScope {
    includes_all: bool,
    paths: Vec<OrganizationalUnitPath>,
}

const ALL: &str = "*";

impl OuScope {
    /// Every OU.
    pub const fn all() -> Self {
        Self { includes_all: true, paths: Vec::new() }
    }

    pub fn contains(&self, path: &OrganizationalUnitPath) -> bool {
        self.includes_all || self.paths.iter().any(|entry| path.is_within(entry.as_str()))
    }

    /// The OUs in the list, without the OUs below them.
    pub fn paths(&self) -> &[OrganizationalUnitPath] {
        &self.paths
    }

    pub const fn is_empty(&self) -> bool {
        !self.includes_all && self.paths.is_empty()
    }
}

impl FromStr for OuScope {
    type Err = InvalidId;

    /// Parses paths that are separated by commas. An entry that is not a valid path is an error, because it would not
    /// match any OU.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut scope = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            if entry == ALL {
                scope.includes_all = true;
            } else if entry.split('/').any(|name| matches!(name, "*" | "?")) {
                let why = "has a wildcard; use the path of the OU alone, which includes everything below it";
                return Err(InvalidId(format!("`{entry}` {why}")));
            } else {
                scope.paths.push(entry.parse().map_err(|error| InvalidId(format!("`{entry}` {error}")))?);
            }
        }
        Ok(scope)
    }
}

impl fmt::Display for OuScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries =
            self.includes_all.then_some(ALL).into_iter().chain(self.paths.iter().map(OrganizationalUnitPath::as_str));
        formatter.write_str(&entries.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(scope: &str, path: &str) -> bool {
        scope.parse::<OuScope>().unwrap().contains(&path.parse().unwrap())
    }

    #[test]
    fn ou_includes_everything_below_it() {
        for (scope, path, expected) in [
            ("Security", "Security", true),
            ("Infrastructure, security", "Security/Audit", true),
            ("Security", "SecurityTools", false),
            ("*", "Anything/Below", true),
            ("", "Security", false),
        ] {
            assert_eq!(contains(scope, path), expected, "{scope} {path}");
        }
        assert!("".parse::<OuScope>().unwrap().is_empty());
        assert!(!OuScope::all().is_empty());
    }

    #[test]
    fn invalid_ou_path_is_rejected() {
        for entry in ["/Security", "Security/", "Security/*", "*/Audit", "Sec//Audit", "Security/?", "a/b/c/d/e/f"] {
            let error = format!("Infrastructure,{entry}").parse::<OuScope>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{entry}` ")), "{entry}: {error}");
        }
    }

    #[test]
    fn display_keeps_the_order() {
        assert_eq!(
            "Sandbox,Workloads/Development".parse::<OuScope>().unwrap().to_string(),
            "Sandbox, Workloads/Development"
        );
        assert_eq!(OuScope::all().to_string(), "*");
    }
}
