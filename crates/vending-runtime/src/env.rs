//! Configuration from environment variables, which `template.yaml` sets.

use vending_core::RequestPolicy;

use crate::serve::StartError;

/// The environment variables of a function. Errors name the variable.
#[derive(Debug)]
pub struct Environment(fn(&str) -> Option<String>);

impl Environment {
    /// The environment of the process.
    pub fn from_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the only place that reads environment variables")]
        Self(|name| std::env::var(name).ok())
    }

    /// Variables from a function, for tests.
    pub fn from_fn(variables: fn(&str) -> Option<String>) -> Self {
        Self(variables)
    }

    /// A variable that must be set and not empty.
    pub fn required(&self, name: &'static str) -> Result<String, StartError> {
        self.optional(name).ok_or(StartError::Missing { name })
    }

    /// An optional variable. An empty variable counts as missing, because CloudFormation cannot omit a variable.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A required variable, parsed.
    pub fn parsed<T>(&self, name: &'static str) -> Result<T, StartError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.required(name)?.parse().map_err(|error: T::Err| StartError::Invalid { name, why: error.to_string() })
    }

    /// An optional variable, parsed.
    pub fn parsed_if_set<T>(&self, name: &'static str) -> Result<Option<T>, StartError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        self.optional(name).map(|_| self.parsed(name)).transpose()
    }

    /// An optional variable, parsed, or the default value.
    pub fn parsed_or_empty<T>(&self, name: &'static str) -> Result<T, StartError>
    where
        T: std::str::FromStr + Default,
        T::Err: std::fmt::Display,
    {
        Ok(self.parsed_if_set(name)?.unwrap_or_default())
    }

    /// A comma-separated list. A missing variable is an empty list.
    pub fn list(&self, name: &'static str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        let entries = text.split(',').map(str::trim);
        entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }
}

/// Variables that several functions read.
impl Environment {
    /// A comma-separated list that must not be empty.
    pub fn required_list(&self, name: &'static str) -> Result<Vec<String>, StartError> {
        self.required(name)?;
        Ok(self.list(name))
    }

    /// What requests may contain:
    ///
    /// - `EMAIL_PATTERN`: the email of an account whose request has none; `{accountName}` is replaced.
    /// - `ALLOWED_ORGANIZATIONAL_UNITS`: OU paths that accounts may be vended to, including the OUs below; `*` allows
    ///   all. An invalid entry of this or another list is an error.
    ///
    /// These lists may be empty:
    ///
    /// - `ALLOWED_EMAIL_DOMAINS`: domains in which a new account may have any email; `*` allows all.
    /// - `PROTECTED_ORGANIZATIONAL_UNITS`: OU paths that accounts are never vended to, including the OUs below.
    /// - `ALLOWED_PERMISSION_SETS`: names of the permission sets that may be assigned; `*` allows all.
    /// - `ALLOWED_GITHUB_OWNERS`: GitHub users and organizations whose repositories may deploy.
    /// - `ALLOWED_POLICY_ARNS`: AWS managed policies that repositories may use; `*` allows all.
    ///
    /// `SECURITY_CONTACT_IS_FIXED` is `true` if every account gets the security contact of the stack, and empty if a
    /// request may set another contact.
    pub fn request_policy(&self) -> Result<RequestPolicy, StartError> {
        Ok(RequestPolicy {
            email_pattern: self.required("EMAIL_PATTERN")?,
            allowed_email_domains: self.parsed_or_empty("ALLOWED_EMAIL_DOMAINS")?,
            allowed_organizational_units: self.parsed("ALLOWED_ORGANIZATIONAL_UNITS")?,
            protected_organizational_units: self.parsed_or_empty("PROTECTED_ORGANIZATIONAL_UNITS")?,
            allowed_permission_sets: self.parsed_or_empty("ALLOWED_PERMISSION_SETS")?,
            allowed_github_owners: self.parsed_or_empty("ALLOWED_GITHUB_OWNERS")?,
            allowed_policy_arns: self.parsed_or_empty("ALLOWED_POLICY_ARNS")?,
            security_contact_is_fixed: self.parsed_or_empty("SECURITY_CONTACT_IS_FIXED")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        match name {
            "LIST" => Some(" a, b,,c ".to_owned()),
            "EMPTY" => Some(String::new()),
            "NUMBER" => Some("x".to_owned()),
            _ => None,
        }
    }

    fn policy_variables(name: &str) -> Option<String> {
        let value = match name {
            "EMAIL_PATTERN" => "aws+{accountName}@example.com",
            "ALLOWED_ORGANIZATIONAL_UNITS" => "*",
            "PROTECTED_ORGANIZATIONAL_UNITS" => "/Security,Infrastructure",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn invalid_protected_ou_is_rejected() {
        let error = Environment::from_fn(policy_variables).request_policy().unwrap_err().to_string();
        assert!(error.contains("PROTECTED_ORGANIZATIONAL_UNITS") && error.contains("`/Security`"), "{error}");
    }

    #[test]
    fn error_names_the_variable() {
        let environment = Environment::from_fn(variables);
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
