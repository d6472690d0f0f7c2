//! The core accounts of the manifest.

use std::collections::BTreeMap;

use vending_core::{EmailAddress, OrganizationalUnitPath, derive_email};

use crate::manifest::{CoreAccount, Manifest, Purpose, Unit};

/// A core account of the manifest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedAccount<'a> {
    pub name: &'a str,
    /// The email that the manifest gives, or the one that follows from the pattern of its OU.
    pub email: EmailAddress,
    pub unit: OrganizationalUnitPath,
    pub account: &'a CoreAccount,
}

impl Manifest {
    /// The core accounts, in the order of their purposes: what others log to comes first.
    pub fn core_accounts(&self) -> Vec<NamedAccount<'_>> {
        let pattern = self.root.vending.as_ref().and_then(|block| block.email_pattern.as_deref());
        let mut found = Vec::new();
        collect(&self.root.organizational_units, "", pattern, &mut found);
        found.sort_by_key(|named| named.account.purpose);
        found
    }

    /// The core account with this purpose.
    pub fn core_account(&self, purpose: Purpose) -> Option<NamedAccount<'_>> {
        self.core_accounts().into_iter().find(|named| named.account.purpose == purpose)
    }
}

/// `pattern` is the email pattern that holds above.
fn collect<'a>(
    units: &'a BTreeMap<String, Unit>,
    above: &str,
    pattern: Option<&'a str>,
    found: &mut Vec<NamedAccount<'a>>,
) {
    for (name, unit) in units {
        let path = format!("{above}{name}");
        let pattern = unit.vending.as_ref().and_then(|block| block.email_pattern.as_deref()).or(pattern);
        let named = unit.accounts.iter().filter_map(|(name, account)| {
            let email = account.email.clone().or_else(|| derive_email(pattern?, name).ok())?;
            Some(NamedAccount { name, email, unit: path.parse().ok()?, account })
        });
        found.extend(named);
        collect(&unit.organizational_units, &format!("{path}/"), pattern, found);
    }
}
