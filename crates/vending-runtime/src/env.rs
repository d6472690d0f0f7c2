//! Configuration from environment variables, which template.yaml sets.

use vending_core::Bounds;

use crate::serve::StartError;

/// Reads the variables of one function and names the one that is missing or wrong.
#[derive(Debug)]
pub struct Environment(fn(&str) -> Option<String>);

impl Environment {
    pub fn lambda() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads them")]
        Self(|name| std::env::var(name).ok())
    }

    /// Variables from elsewhere, as tests need them.
    pub fn of(variables: fn(&str) -> Option<String>) -> Self {
        Self(variables)
    }

    /// A variable that must be set and not be empty.
    pub fn required(&self, name: &'static str) -> Result<String, StartError> {
        self.optional(name).ok_or(StartError::Missing { name })
    }

    /// A variable that may be missing; an empty one counts as missing, since CloudFormation cannot leave one out.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A variable that is read into a type of its own.
    pub fn parsed<T>(&self, name: &'static str) -> Result<T, StartError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.required(name)?.parse().map_err(|error: T::Err| StartError::Invalid { name, why: error.to_string() })
    }

    /// A variable that may be missing, read into a type of its own.
    pub fn parsed_if_set<T>(&self, name: &'static str) -> Result<Option<T>, StartError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.optional(name).map(|_| self.parsed(name)).transpose()
    }

    /// A comma-separated list; missing is empty.
    pub fn list(&self, name: &'static str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        let entries = text.split(',').map(str::trim);
        entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }
}

/// What several functions read alike.
impl Environment {
    /// A list that must have an entry.
    pub fn required_list(&self, name: &'static str) -> Result<Vec<String>, StartError> {
        self.required(name)?;
        Ok(self.list(name))
    }

    /// What requests may ask for:
    ///
    /// - `EMAIL_PATTERN`: makes an account's email where a request gives none; `{accountName}` in it is replaced.
    /// - `ALLOWED_ORGANIZATIONAL_UNITS`: list of paths that accounts may be vended below; `*` allows all.
    ///
    /// These lists may be empty:
    ///
    /// - `PROTECTED_ORGANIZATIONAL_UNITS`: paths that accounts are never vended below.
    /// - `ALLOWED_PERMISSION_SETS`: names of the permission sets that may be assigned; `*` allows all.
    /// - `ALLOWED_GITHUB_OWNERS`: users and organizations of GitHub whose repositories may deploy.
    /// - `ALLOWED_POLICY_ARNS`: AWS managed policies that a deploying repository may have; `*` allows all.
    pub fn bounds(&self) -> Result<Bounds, StartError> {
        Ok(Bounds {
            email_pattern: self.required("EMAIL_PATTERN")?,
            allowed_organizational_units: self.required_list("ALLOWED_ORGANIZATIONAL_UNITS")?,
            protected_organizational_units: self.list("PROTECTED_ORGANIZATIONAL_UNITS"),
            allowed_permission_sets: self.list("ALLOWED_PERMISSION_SETS"),
            allowed_github_owners: self.list("ALLOWED_GITHUB_OWNERS"),
            allowed_policy_arns: self.list("ALLOWED_POLICY_ARNS"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> Option<String> {
        match name {
            "LIST" => Some(" a, b,,c ".to_owned()),
            "EMPTY" => Some(String::new()),
            "NUMBER" => Some("x".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn names_what_is_missing_or_wrong() {
        let environment = Environment::of(sample);
        assert_eq!(environment.list("LIST"), ["a", "b", "c"]);
        assert!(environment.list("EMPTY").is_empty());
        let missing = environment.required("EMPTY").unwrap_err().to_string();
        assert_eq!(missing, "environment variable EMPTY is not set");
        assert_eq!(environment.parsed_if_set::<u32>("EMPTY").unwrap(), None);
        assert!(environment.parsed_if_set::<u32>("NUMBER").is_err());
        let wrong = environment.parsed::<u32>("NUMBER").unwrap_err().to_string();
        assert!(wrong.contains("NUMBER"), "{wrong}");
    }
}
