//! Which contacts an account gets, and from where; decided without a call.

use aws_sdk_account::types::AlternateContactType;
use vending_core::{Contact, Contacts};

pub(crate) const SECURITY_CONTACT: &str = "SECURITY_CONTACT";
pub(crate) const BILLING_CONTACT: &str = "BILLING_CONTACT";
pub(crate) const OPERATIONS_CONTACT: &str = "OPERATIONS_CONTACT";

#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) contact_type: AlternateContactType,
    /// Of the type, as a request has it.
    pub(crate) name: &'static str,
    pub(crate) contact: &'a Contact,
    pub(crate) source: Source,
}

/// Where a contact would have to be corrected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    Request,
    /// The stack, by this environment variable.
    Stack(&'static str),
}

/// The request's contact of each type, or else the stack's.
pub(crate) fn wanted<'a>(asked: &'a Contacts, defaults: &'a Contacts) -> Vec<Wanted<'a>> {
    use AlternateContactType::{Billing, Operations, Security};
    let types = [
        (Security, "security", SECURITY_CONTACT, &asked.security, &defaults.security),
        (Billing, "billing", BILLING_CONTACT, &asked.billing, &defaults.billing),
        (Operations, "operations", OPERATIONS_CONTACT, &asked.operations, &defaults.operations),
    ];
    let wanted = types.into_iter().filter_map(|(contact_type, name, variable, asked, default)| {
        let asked = asked.as_ref().map(|contact| (contact, Source::Request));
        let default = || default.as_ref().map(|contact| (contact, Source::Stack(variable)));
        let (contact, source) = asked.or_else(default)?;
        Some(Wanted { contact_type, name, contact, source })
    });
    wanted.collect()
}
