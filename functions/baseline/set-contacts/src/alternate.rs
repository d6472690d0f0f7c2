//! Reads and sets one alternate contact of the account. No message contains the contact itself.

use aws_sdk_account::Client;
use aws_sdk_account::error::SdkError;
use aws_sdk_account::operation::put_alternate_contact::PutAlternateContactError;
use aws_sdk_account::types::error::ValidationException;
use aws_sdk_account::types::{AlternateContact, ValidationExceptionField};
use time::OffsetDateTime;
use vending_core::{AccountId, Contact, ErrorCode, StepError};
use vending_runtime::{AwsError, Changes, error_code, retry_while_propagating, sdk_error};

use crate::wanted::{Source, Wanted};

/// AWS denies these calls even to the management account while trusted access is off:
/// <https://docs.aws.amazon.com/accounts/latest/reference/using-orgs-trusted-access.html>.
const ACCESS_REMEDY: &str = "enable trusted access for Account Management (aws organizations enable-aws-service-access --service-principal account.amazonaws.com), and check for a policy that denies the action; then send the same request again";

/// A part of the error message when trusted access is off. This denial is permanent, also in a new account.
const NO_TRUSTED_ACCESS: &str = "must first enable trusted access";

pub(crate) struct Alternate<'a> {
    pub(crate) client: &'a Client,
    pub(crate) account_id: &'a AccountId,
    pub(crate) wanted: &'a Wanted<'a>,
    pub(crate) propagation_end: OffsetDateTime,
}

impl Alternate<'_> {
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<(), StepError> {
        if self.is_set().await? {
            return Ok(());
        }
        changes.make(format!("set the {} contact", self.wanted.name), self.set()).await
    }

    async fn is_set(&self) -> Result<bool, StepError> {
        let get = self.client.get_alternate_contact().account_id(self.account_id.as_str());
        match get.alternate_contact_type(self.wanted.contact_type.clone()).send().await {
            Ok(output) => {
                Ok(output.alternate_contact.is_some_and(|found| self.wanted.contact.is_same(&contact(found))))
            }
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(false),
            Err(error) => Err(self.map_error("read", &error)),
        }
    }

    /// PutAlternateContact is idempotent, so a lost response needs no special handling.
    async fn set(&self) -> Result<(), StepError> {
        let Contact { name, title, email, phone } = self.wanted.contact;
        let put = self.client.put_alternate_contact().account_id(self.account_id.as_str());
        let put = put.alternate_contact_type(self.wanted.contact_type.clone());
        let put = put.name(name).title(title).email_address(email).phone_number(phone).send().await;
        put.map_err(|error| match error.as_service_error() {
            Some(PutAlternateContactError::ValidationException(exception)) => self.invalid_contact(exception),
            _ => self.map_error("set", &error),
        })?;
        Ok(())
    }

    fn map_error<E: AwsError>(&self, action: &str, error: &SdkError<E>) -> StepError {
        let failed = sdk_error(&format!("{action} the {} contact", self.wanted.name), error);
        let is_denied = failed.code() == ErrorCode::AccessDenied;
        let is_final = failed.to_string().contains(NO_TRUSTED_ACCESS);
        let failed = if is_final { failed } else { retry_while_propagating(failed, self.propagation_end) };
        if is_denied { failed.with_remedy(ACCESS_REMEDY) } else { failed }
    }

    /// Names only the invalid fields, because the message of AWS may contain the contact.
    fn invalid_contact(&self, exception: &ValidationException) -> StepError {
        let name = self.wanted.name;
        let fields: Vec<&str> = exception.field_list().iter().map(ValidationExceptionField::name).collect();
        let fields = if fields.is_empty() { "AWS does not name them".to_owned() } else { fields.join(", ") };
        let message = format!("could not set the {name} contact: AWS rejected fields of it ({fields})");
        let (code, place) = match self.wanted.source {
            Source::Request => (ErrorCode::InvalidRequest, format!("contacts.{name} in the request")),
            Source::Settings => (ErrorCode::InvalidConfiguration, format!("the {name} contact of the manifest")),
        };
        StepError::new(code, message).with_remedy(format!("correct {place}; then send the request again"))
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
