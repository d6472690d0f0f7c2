//! The core accounts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use vending_core::{EmailAddress, Problem, derive_email};

use super::problem;
use crate::tree::Place;

struct Account<'a> {
    name: &'a str,
    pointer: String,
    fields: &'a Map<String, Value>,
    /// The email pattern that holds in its OU.
    email_pattern: Option<&'a str>,
}

pub(super) fn problems(manifest: &Value, places: &[Place<'_>]) -> Vec<Problem> {
    // Accounts at the root are an unknown field.
    let units = places.iter().filter(|place| !place.path.is_empty());
    let accounts: Vec<Account<'_>> = units.flat_map(|place| accounts(place, places)).collect();
    let mut found = duplicates(&accounts);
    for (section, purpose) in [("logArchive", "logArchive"), ("security", "audit")] {
        let has_account = accounts.iter().any(|account| account.purpose() == Some(purpose));
        if manifest.get(section).is_some_and(Value::is_object) && !has_account {
            let detail = format!("needs an account with the purpose {purpose} in one of the organizational units");
            found.push(problem(format!("/{section}"), detail));
        }
    }
    found
}

fn accounts<'a>(place: &Place<'a>, places: &[Place<'a>]) -> Vec<Account<'a>> {
    // Each place is after the one above it, so the last pattern is the nearest.
    let above = places.iter().filter(|above| place.path.starts_with(&above.path));
    let pattern = |place: &Place<'a>| place.fields.get("vending")?.get("emailPattern")?.as_str();
    let email_pattern = above.rev().find_map(pattern);
    let account = |(name, fields, pointer)| Account { name, pointer, fields, email_pattern };
    place.objects("accounts").into_iter().map(account).collect()
}

fn duplicates(accounts: &[Account<'_>]) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut purposes: BTreeMap<&str, &str> = BTreeMap::new();
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    let mut emails: BTreeMap<String, &str> = BTreeMap::new();
    for account in accounts {
        if let Some(other) = account.purpose().and_then(|purpose| purposes.insert(purpose, account.name)) {
            let detail = format!("must be another purpose: `{other}` has it already");
            found.push(problem(format!("{}/purpose", account.pointer), detail));
        }
        if names.insert(account.name.to_lowercase(), account.name).is_some() {
            found.push(problem(&account.pointer, "has the name of another account in the manifest"));
            continue;
        }
        match account.email() {
            Ok(None) => {}
            Ok(Some(email)) => {
                if let Some(other) = emails.insert(email.to_string(), account.name) {
                    let detail = format!("must have an email of its own: `{other}` has {email} already");
                    found.push(problem(account.email_pointer(), detail));
                }
            }
            Err(detail) => found.push(problem(account.email_pointer(), detail)),
        }
    }
    found
}

impl<'a> Account<'a> {
    fn purpose(&self) -> Option<&'a str> {
        self.fields.get("purpose")?.as_str()
    }

    /// The email, given or derived. An email that is given and not valid is reported elsewhere.
    fn email(&self) -> Result<Option<EmailAddress>, String> {
        if let Some(given) = self.fields.get("email") {
            return Ok(given.as_str().and_then(|email| email.parse().ok()));
        }
        let Some(pattern) = self.email_pattern else {
            return Err("needs an `email`, because no `emailPattern` holds here".to_owned());
        };
        if vending_core::email_pattern(pattern).is_err() {
            return Ok(None);
        }
        let derived = derive_email(pattern, self.name);
        derived.map(Some).map_err(|error| format!("needs an `email`, because the one derived from its name {error}"))
    }

    fn email_pointer(&self) -> String {
        if self.fields.contains_key("email") { format!("{}/email", self.pointer) } else { self.pointer.clone() }
    }
}
