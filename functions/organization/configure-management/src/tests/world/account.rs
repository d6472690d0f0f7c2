//! The Account Management API, without an account ID.

use aws_sdk_account::Client;
use aws_sdk_account::config::retry::RetryConfig;
use aws_sdk_account::operation::get_alternate_contact::{GetAlternateContactError, GetAlternateContactOutput};
use aws_sdk_account::operation::get_region_opt_status::GetRegionOptStatusOutput;
use aws_sdk_account::operation::put_alternate_contact::{PutAlternateContactError, PutAlternateContactOutput};
use aws_sdk_account::types::error::ValidationException;
use aws_sdk_account::types::{AlternateContact, ValidationExceptionField, ValidationExceptionReason};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::json;

use super::World;

pub(super) fn client(world: &World) -> Client {
    let rules = [gets(world), puts(world), reads_regions(world)];
    let rules: Vec<&Rule> = rules.iter().collect();
    mock_client!(aws_sdk_account, RuleMode::MatchAny, &rules, |config| config.retry_config(RetryConfig::disabled()))
}

fn gets(world: &World) -> Rule {
    let world = world.clone();
    mock!(Client::get_alternate_contact).then_compute_response(move |get| {
        assert_eq!(get.account_id(), None, "the management account must not name itself");
        let mut state = world.state();
        if let Some(error) = state.read("GetAlternateContact") {
            return MockResponse::Error(GetAlternateContactError::generic(error));
        }
        let Some(contact) = state.contacts.get(get.alternate_contact_type().unwrap().as_str()) else {
            let none = ErrorMetadata::builder().code("ResourceNotFoundException").build();
            return MockResponse::Error(GetAlternateContactError::generic(none));
        };
        let field = |name: &str| contact[name].as_str().unwrap();
        let contact = AlternateContact::builder().name(field("name")).title(field("title"));
        let contact = contact.email_address(field("email")).phone_number(field("phone"));
        MockResponse::Output(GetAlternateContactOutput::builder().alternate_contact(contact.build()).build())
    })
}

fn puts(world: &World) -> Rule {
    let world = world.clone();
    mock!(Client::put_alternate_contact).then_compute_response(move |put| {
        assert_eq!(put.account_id(), None, "the management account must not name itself");
        let contact_type = put.alternate_contact_type().unwrap().as_str();
        let mut state = world.state();
        match state.write("PutAlternateContact", contact_type) {
            Some(error) if error.code() == Some("ValidationException") => MockResponse::Error(invalid()),
            Some(error) => MockResponse::Error(PutAlternateContactError::generic(error)),
            None => {
                let contact = json!({
                    "name": put.name(), "title": put.title(), "email": put.email_address(), "phone": put.phone_number(),
                });
                state.contacts.insert(contact_type.to_owned(), contact);
                MockResponse::Output(PutAlternateContactOutput::builder().build())
            }
        }
    })
}

fn invalid() -> PutAlternateContactError {
    let field = ValidationExceptionField::builder().name("phoneNumber").message("of Ada is wrong").build().unwrap();
    let exception = ValidationException::builder().message("Ada is wrong").field_list(field);
    let exception = exception.reason(ValidationExceptionReason::FieldValidationFailed);
    PutAlternateContactError::ValidationException(exception.build().unwrap())
}

fn reads_regions(world: &World) -> Rule {
    let world = world.clone();
    mock!(Client::get_region_opt_status).then_compute_output(move |get| {
        assert_eq!(get.account_id(), None, "the management account must not name itself");
        let status = world.state().opt_in[get.region_name().unwrap()].clone();
        GetRegionOptStatusOutput::builder().region_opt_status(status).build()
    })
}
