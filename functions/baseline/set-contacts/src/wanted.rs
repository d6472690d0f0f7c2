//! Chooses the contacts of an account. It makes no AWS calls.

use aws_sdk_account::types::AlternateContactType;
use vending_core::{BaselineInput, Contact};

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
    Settings,
}

/// The contact of each type: from the request, or else from the settings.
pub(crate) fn wanted(input: &BaselineInput) -> Vec<Wanted<'_>> {
    use AlternateContactType::{Billing, Operations, Security};
    let (requested, defaults) = (&input.request.contacts, &input.settings.contacts);
    let types = [
        (Security, "security", &requested.security, &defaults.security),
        (Billing, "billing", &requested.billing, &defaults.billing),
        (Operations, "operations", &requested.operations, &defaults.operations),
    ];
    let wanted = types.into_iter().filter_map(|(contact_type, name, requested, default)| {
        let requested = requested.as_ref().map(|contact| (contact, Source::Request));
        let default = || default.as_ref().map(|contact| (contact, Source::Settings));
        let (contact, source) = requested.or_else(default)?;
        Some(Wanted { contact_type, name, contact, source })
    });
    wanted.collect()
}
