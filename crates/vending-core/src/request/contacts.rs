//! The alternate contacts of the account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::policy::RequestPolicy;
use super::strings::line;
use crate::object_reader::ObjectReader;
use crate::schema;

/// The alternate contacts of the account.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Contacts {
    /// The contact for security issues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<Contact>,
    /// The contact for invoices and payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Contact>,
    /// The contact for outages and service changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<Contact>,
}

/// The rules are those of the [`PutAlternateContact`](https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html) API.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
#[schemars(description = "A person or team that AWS contacts.")]
pub struct Contact {
    #[schemars(length(min = 1, max = MAXIMUM_NAME), extend("pattern" = schema::LINE))]
    pub name: String,
    #[schemars(length(min = 1, max = MAXIMUM_TITLE), extend("pattern" = schema::LINE))]
    pub title: String,
    #[schemars(length(max = MAXIMUM_EMAIL), extend("pattern" = schema::CONTACT_EMAIL))]
    pub email: String,
    #[schemars(length(max = MAXIMUM_PHONE), extend("pattern" = schema::PHONE))]
    pub phone: String,
}

const MAXIMUM_NAME: usize = 64;
const MAXIMUM_TITLE: usize = 50;
const MAXIMUM_EMAIL: usize = 254;
const MAXIMUM_PHONE: usize = 25;

impl Contact {
    /// Whether both contacts are the same for AWS, which may keep or remove the spaces around emails and phone numbers.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.title, self.phone.trim()) == (&other.name, &other.title, other.phone.trim())
            && self.email.trim().eq_ignore_ascii_case(other.email.trim())
    }
}

impl Contacts {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads the contacts from the object that has them.
    pub fn read(fields: &mut ObjectReader<'_>) -> Self {
        let mut read = |name| fields.object(name, contact).flatten();
        Self { security: read("security"), billing: read("billing"), operations: read("operations") }
    }
}

pub(super) fn read(fields: &mut ObjectReader<'_>, policy: &RequestPolicy) -> Contacts {
    let contacts = fields.object("contacts", |fields| {
        let contacts = Contacts::read(fields);
        if contacts.security.is_some() && policy.security_contact_is_fixed() {
            fields
                .problem("security", "must be omitted, because the settings fix the security contact of every account");
        }
        contacts
    });
    contacts.unwrap_or_default()
}

fn contact(fields: &mut ObjectReader<'_>) -> Option<Contact> {
    let name = fields.required("name", |text| line(text, MAXIMUM_NAME));
    let title = fields.required("title", |text| line(text, MAXIMUM_TITLE));
    let email = fields.required("email", email);
    let phone = fields.required("phone", phone);
    Some(Contact { name: name?, title: title?, email: email?, phone: phone? })
}

fn email(text: &str) -> Result<String, String> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = text.len() <= MAXIMUM_EMAIL
        && text.split_once('@').is_some_and(|(local, domain)| {
            let is_local_part =
                !local.is_empty() && local.bytes().all(|byte| word(byte) || b"+=.#|!&-".contains(&byte));
            let is_domain = domain.rsplit_once('.').is_some_and(|(host, top)| {
                !host.is_empty()
                    && host.bytes().all(|byte| word(byte) || b".-".contains(&byte))
                    && !top.is_empty()
                    && top.bytes().all(word)
            });
            is_local_part && is_domain
        });
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "must be an email of at most {MAXIMUM_EMAIL} characters, like security@example.com, with letters, digits, and _ + = . # | ! & - before the @"
        ))
    }
}

fn phone(text: &str) -> Result<String, String> {
    let fits = text.len() <= MAXIMUM_PHONE
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b" ()+-".contains(&byte));
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("must be a phone number of at most {MAXIMUM_PHONE} digits, spaces, and ( ) + -"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn problems(contact: &Value) -> Vec<String> {
        let fields = json!({ "billing": contact });
        let mut reader = ObjectReader::new(fields.as_object().unwrap());
        Contacts::read(&mut reader);
        reader.finish().into_iter().map(|problem| format!("{} {}", problem.pointer, problem.detail)).collect()
    }

    fn contact(field: &str, value: &str) -> Value {
        let mut contact = json!({
            "name": "Ada Lovelace", "title": "Head of Security", "email": "security@example.com",
            "phone": "+44 (0)20 7946-0000",
        });
        contact[field] = value.into();
        contact
    }

    #[test]
    fn case_and_spaces_do_not_make_another_contact() {
        let read = |value: Value| serde_json::from_value::<Contact>(value).unwrap();
        let known = read(contact("name", "Ada Lovelace"));
        for (field, same) in [("email", " Security@Example.com"), ("phone", " +44 (0)20 7946-0000 ")] {
            assert!(known.is_same(&read(contact(field, same))), "{field}");
        }
        for field in ["name", "title", "email", "phone"] {
            assert!(!known.is_same(&read(contact(field, "110"))), "{field}");
        }
    }

    #[test]
    fn contact_follows_the_rules_of_the_api() {
        assert_eq!(problems(&contact("name", "Ada")), [""; 0]);
        for (field, value, why) in [
            ("name", "", "/billing/name must have 1 to 64"),
            ("title", "", "/billing/title must have 1 to 50"),
            ("email", "Ada@example", "/billing/email must be an email"),
            ("phone", "Ada", "/billing/phone must be a phone number"),
        ] {
            let found = problems(&contact(field, value));
            assert!(found.len() == 1 && found[0].starts_with(why), "{found:?}");
            assert!(!found[0].contains("Ada"), "the problem repeats personal data: {found:?}");
        }
    }
}
