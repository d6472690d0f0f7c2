//! The alternate contacts of the management account. No message contains a contact.

use aws_sdk_account::error::SdkError;
use aws_sdk_account::operation::put_alternate_contact::PutAlternateContactError;
use aws_sdk_account::types::error::ValidationException;
use aws_sdk_account::types::{AlternateContact, AlternateContactType, ValidationExceptionField};
use serde_json::json;
use vending_core::{Contact, Contacts, ErrorCode, StepError};
use vending_plans::PlannedChanges;
use vending_runtime::{error_code, sdk_error};

use crate::{ConfigureManagement, TARGET};

impl ConfigureManagement {
    /// Sets the contacts of the manifest. A contact type that it leaves out is not read.
    pub(crate) async fn converge_contacts(
        &self,
        contacts: &Contacts,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        use AlternateContactType::{Billing, Operations, Security};
        let types = [
            (Security, "security", &contacts.security),
            (Billing, "billing", &contacts.billing),
            (Operations, "operations", &contacts.operations),
        ];
        // One after the other: AWS allows few of these calls per second.
        for (contact_type, name, wanted) in types {
            if let Some(wanted) = wanted {
                self.converge_contact(&contact_type, name, wanted, changes).await?;
            }
        }
        Ok(())
    }

    async fn converge_contact(
        &self,
        contact_type: &AlternateContactType,
        name: &str,
        wanted: &Contact,
        changes: &PlannedChanges,
    ) -> Result<(), StepError> {
        let found = self.contact(contact_type, name).await?;
        if found.as_ref().is_some_and(|found| found.is_same(wanted)) {
            return Ok(());
        }
        let change = changes.change(TARGET, format!("contacts.{name}"), json!(found), json!(wanted));
        changes.make(change, self.put_contact(contact_type, name, wanted)).await?;
        Ok(())
    }

    /// Without an account ID, the call is about the account of the caller. The management account must not name itself:
    /// <https://docs.aws.amazon.com/accounts/latest/reference/API_GetAlternateContact.html>.
    async fn contact(&self, contact_type: &AlternateContactType, name: &str) -> Result<Option<Contact>, StepError> {
        match self.account.get_alternate_contact().alternate_contact_type(contact_type.clone()).send().await {
            Ok(output) => Ok(output.alternate_contact.map(contact)),
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(sdk_error(&format!("read the {name} contact of the management account"), &error)),
        }
    }

    /// PutAlternateContact is idempotent, so a lost response needs no special handling.
    async fn put_contact(
        &self,
        contact_type: &AlternateContactType,
        contact_name: &str,
        wanted: &Contact,
    ) -> Result<(), StepError> {
        let Contact { name, title, email, phone } = wanted;
        let put = self.account.put_alternate_contact().alternate_contact_type(contact_type.clone());
        let put = put.name(name).title(title).email_address(email).phone_number(phone).send().await;
        put.map_err(|error| put_error(contact_name, &error))?;
        Ok(())
    }
}

fn contact(found: AlternateContact) -> Contact {
    Contact {
        name: found.name.unwrap_or_default(),
        title: found.title.unwrap_or_default(),
        email: found.email_address.unwrap_or_default(),
        phone: found.phone_number.unwrap_or_default(),
    }
}

fn put_error(name: &str, error: &SdkError<PutAlternateContactError>) -> StepError {
    match error.as_service_error() {
        Some(PutAlternateContactError::ValidationException(exception)) => invalid_contact(name, exception),
        _ => sdk_error(&format!("set the {name} contact of the management account"), error),
    }
}

/// Names only the invalid fields, because the message of AWS may contain the contact.
fn invalid_contact(name: &str, exception: &ValidationException) -> StepError {
    let fields: Vec<&str> = exception.field_list().iter().map(ValidationExceptionField::name).collect();
    let fields = if fields.is_empty() { "AWS does not name them".to_owned() } else { fields.join(", ") };
    let message =
        format!("could not set the {name} contact of the management account: AWS rejected fields of it ({fields})");
    StepError::new(ErrorCode::InvalidConfiguration, message)
        .with_remedy(format!("correct managementAccount.contacts.{name} in the manifest, and make a new plan"))
}
