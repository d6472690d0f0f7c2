//! One alternate contact of the account: looked at, compared and set. No message has anything of the contact itself.

use std::error::Error;

use aws_sdk_account::Client;
use aws_sdk_account::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_account::operation::put_alternate_contact::PutAlternateContactError;
use aws_sdk_account::types::error::ValidationException;
use aws_sdk_account::types::{AlternateContact, ValidationExceptionField};
use time::OffsetDateTime;
use vending_core::{AccountId, Contact, ErrorCode, StepError};
use vending_runtime::{error_code, from_sdk, settling};

use crate::wanted::{Source, Wanted};

/// AWS denies the management account these calls, too, as long as the organization does not trust the service:
/// <https://docs.aws.amazon.com/accounts/latest/reference/using-orgs-trusted-access.html>.
const ALLOW: &str = "let the organization trust Account Management (aws organizations enable-aws-service-access --service-principal account.amazonaws.com), and look for a policy that denies the action; then send the same request again";

/// In the message of the denial where trusted access is off. It never heals by itself, whatever the age of the account.
const NO_TRUSTED_ACCESS: &str = "must first enable trusted access";

pub(crate) struct Alternate<'a> {
    pub(crate) client: &'a Client,
    pub(crate) account_id: &'a AccountId,
    pub(crate) wanted: &'a Wanted<'a>,
    pub(crate) ready_by: OffsetDateTime,
}

impl Alternate<'_> {
    pub(crate) async fn is_set(&self) -> Result<bool, StepError> {
        let get = self.client.get_alternate_contact().account_id(self.account_id.as_str());
        match get.alternate_contact_type(self.wanted.contact_type.clone()).send().await {
            Ok(answer) => Ok(answer.alternate_contact().is_some_and(|found| is_same(found, self.wanted.contact))),
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(false),
            Err(error) => Err(self.failed("read", &error)),
        }
    }

    /// A put is the same done twice, so a lost answer needs no care.
    pub(crate) async fn set(&self) -> Result<(), StepError> {
        let Contact { name, title, email, phone } = self.wanted.contact;
        let put = self.client.put_alternate_contact().account_id(self.account_id.as_str());
        let put = put.alternate_contact_type(self.wanted.contact_type.clone());
        let put = put.name(name).title(title).email_address(email).phone_number(phone).send().await;
        put.map_err(|error| match error.as_service_error() {
            Some(PutAlternateContactError::ValidationException(refusal)) => self.refused(refusal),
            _ => self.failed("set", &error),
        })?;
        Ok(())
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let failed = from_sdk(&format!("{doing} the {} contact", self.wanted.name), error);
        let is_denied = failed.code() == ErrorCode::AccessDenied;
        let is_final = failed.to_string().contains(NO_TRUSTED_ACCESS);
        let failed = if is_final { failed } else { settling(failed, self.ready_by) };
        if is_denied { failed.with_remedy(ALLOW) } else { failed }
    }

    /// AWS's own words may repeat the contact: only the names of the fields are told.
    fn refused(&self, refusal: &ValidationException) -> StepError {
        let name = self.wanted.name;
        let fields: Vec<&str> = refusal.field_list().iter().map(ValidationExceptionField::name).collect();
        let fields = if fields.is_empty() { "it does not say which".to_owned() } else { fields.join(", ") };
        let message = format!("could not set the {name} contact: AWS refuses fields of it ({fields})");
        let (code, what) = match self.wanted.source {
            Source::Request => (ErrorCode::InvalidRequest, format!("contacts.{name} of the request")),
            Source::Stack(variable) => (ErrorCode::InvalidConfiguration, format!("{variable} of the stack")),
        };
        StepError::new(code, message).with_remedy(format!("correct {what}, then send the request again"))
    }
}

/// AWS allows spaces around emails and phone numbers without saying whether it keeps them.
fn is_same(found: &AlternateContact, wanted: &Contact) -> bool {
    let email = found.email_address().map(str::trim);
    found.name() == Some(&wanted.name)
        && found.title() == Some(&wanted.title)
        && email.is_some_and(|email| email.eq_ignore_ascii_case(&wanted.email))
        && found.phone_number().map(str::trim) == Some(wanted.phone.trim())
}
