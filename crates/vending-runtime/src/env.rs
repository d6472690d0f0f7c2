//! Configuration from environment variables, which `template.yaml` sets.

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

    /// A comma-separated list. A missing variable is an empty list.
    pub fn list(&self, name: &'static str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        let entries = text.split(',').map(str::trim);
        entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
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
