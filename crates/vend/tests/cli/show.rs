use vending_client::testing::Reply;

use crate::api::{ACCOUNT_ID, REQUEST_ID, example, failed, vended};
use crate::harness::{Vend, assert_shown};

#[test]
fn request_is_shown() {
    let vend = Vend::with(|_, _| Some(Reply::ok(vended())));
    assert_shown!(
        "show-request",
        vend.run(&format!("show {REQUEST_ID}")),
        vend.run(&format!("show {REQUEST_ID} --output json")),
        vend.run(&format!("show {REQUEST_ID} --output jsonl")),
    );
    assert_eq!(vend.calls()[0], format!("GET /requests/{REQUEST_ID}"));
}

#[test]
fn failure_is_shown_with_its_remedy() {
    let vend = Vend::with(|_, _| Some(Reply::ok(failed())));
    assert_shown!("show-failed-request", vend.run(&format!("show {REQUEST_ID}")));
}

#[test]
fn account_is_shown() {
    let vend = Vend::with(|_, _| Some(Reply::ok(example("get", "/accounts/{accountId}", "200", ""))));
    assert_shown!(
        "show-account",
        vend.run(&format!("show {ACCOUNT_ID}")),
        vend.run(&format!("show {ACCOUNT_ID} --output json")),
    );
    assert_eq!(vend.calls()[0], format!("GET /accounts/{ACCOUNT_ID}"));
}

#[test]
fn record_is_printed_as_the_api_returns_it() {
    let mut record = example("get", "/accounts/{accountId}", "200", "");
    record["later"] = 1.into();
    let returned = record.clone();
    let vend = Vend::with(move |_, _| Some(Reply::ok(returned.clone())));
    assert_eq!(vend.run(&format!("show {ACCOUNT_ID} --output json")).json()["account"], record);
}

#[test]
fn unknown_id_is_refused() {
    let vend = Vend::with(|_, _| Some(Reply::Json(404, example("get", "/requests/{requestId}", "404", ""))));
    assert_shown!(
        "show-unknown",
        vend.run(&format!("show {REQUEST_ID}")),
        vend.run(&format!("show {REQUEST_ID} --output json")),
    );
}
