//! Alternate contacts of an account.

use serde_json::{Value, json};

use super::{Caller, ONE, cloud, naming_accounts};
use crate::cloud::code;

fn contact() -> Value {
    json!({
        "AlternateContactType": "SECURITY", "Name": "Security", "Title": "Team", "EmailAddress": "s@example.com",
        "PhoneNumber": "+1 (0)23-4",
    })
}

async fn put(caller: &Caller<'_>, change: (&str, Value)) -> (u16, Value) {
    let mut parameters = contact();
    parameters[change.0] = change.1;
    caller.rest("account", "POST", "/putAlternateContact", parameters).await
}

#[tokio::test]
async fn invalid_contact_fields_are_named() {
    let cloud = cloud().await;
    let management = Caller::in_management_account(&cloud);
    assert_eq!(put(&management, ("Name", json!("Security"))).await.0, 200);
    for (field, value, named) in [
        ("Name", json!(""), "name"),
        ("Title", json!("t".repeat(51)), "title"),
        ("EmailAddress", json!("security"), "emailAddress"),
        ("PhoneNumber", json!("none"), "phoneNumber"),
    ] {
        let rejected = put(&management, (field, value)).await;
        assert_eq!((rejected.0, code(&rejected)), (400, "ValidationException"));
        let fields = &rejected.1["fieldList"];
        assert_eq!((&rejected.1["reason"], &fields[0]["name"]), (&json!("fieldValidationFailed"), &json!(named)));
    }
}

#[tokio::test]
async fn only_management_account_names_other_accounts_for_contacts() {
    let cloud = cloud().await;
    let (management, one) = (Caller::in_management_account(&cloud), Caller::in_account(&cloud, ONE).await);
    for (caller, account, expected) in naming_accounts(&management, &one) {
        assert_eq!(code(&put(caller, ("AccountId", json!(account))).await), expected, "{account}");
        let parameters = json!({"AlternateContactType": "SECURITY", "AccountId": account});
        let read = caller.rest("account", "POST", "/getAlternateContact", parameters).await;
        assert_eq!(code(&read), expected, "{account}");
    }
}
