//! Chooses the contacts of an account. It makes no AWS calls.

use aws_sdk_account::types::AlternateContactType;
use vending_core::{Contact, Contacts};

pub(crate) const SECURITY_CONTACT: &str = "SECURITY_CONTACT";
pub(crate) const BILLING_CONTACT: &str = "BILLING_CONTACT";
pub(crate) const OPERATIONS_CONTACT: &str = "OPERATIONS_CONTACT";

#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) contact_type: AlternateContactType,
    /// The contact type, as it is spelled in a request.
    pub(crate) name: &'static str,
    pub(crate) contact: &'a Contact,
    pub(crate) source: Source,
}

/// Where a contact comes from, and so where it must be corrected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    Request,
    /// The stack, through this environment variable.
    Stack(&'static str),
}

/// The contact of each type: from the request, or else from the stack.
pub(crate) fn wanted<'a>(requested: &'a Contacts, defaults: &'a Contacts) -> Vec<Wanted<'a>> {
    use AlternateContactType::{Billing, Operations, Security};
    let types = [
        (Security, "security", SECURITY_CONTACT, &requested.security, &defaults.security),
        (Billing, "billing", BILLING_CONTACT, &requested.billing, &defaults.billing),
        (Operations, "operations", OPERATIONS_CONTACT, &requested.operations, &defaults.operations),
    ];
    let wanted = types.into_iter().filter_map(|(contact_type, name, variable, requested, default)| {
        let requested = requested.as_ref().map(|contact| (contact, Source::Request));
        let default = || default.as_ref().map(|contact| (contact, Source::Stack(variable)));
        let (contact, source) = requested.or_else(default)?;
        Some(Wanted { contact_type, name, contact, source })
    });
    wanted.collect()
}
