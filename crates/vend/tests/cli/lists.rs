use serde_json::{Value, json};
use vending_client::testing::Reply;

use crate::api::example;
use crate::harness::{Vend, assert_shown};

/// Two accounts on two pages, and two requests on one.
fn vend() -> Vend {
    Vend::with(|line, _| {
        let mut accounts = example("get", "/accounts", "200", "page");
        let mut requests = example("get", "/requests", "200", "page");
        let request = requests["requests"][0].clone();
        requests["requests"] = json!([request, request]);
        requests["requests"][1]["status"] = "FAILED".into();
        requests["requests"][1]["accountId"] = Value::Null;
        match line {
            "GET /accounts?limit=100" => {
                accounts["nextToken"] = "next".into();
                Some(Reply::ok(accounts))
            }
            "GET /accounts?limit=100&nextToken=next" => {
                accounts["accounts"][0]["accountName"] = "search-with-a-long-name".into();
                accounts["accounts"][0]["state"] = "SUSPENDED".into();
                accounts["accounts"][0]["owner"] = Value::Null;
                Some(Reply::ok(accounts))
            }
            line if line.starts_with("GET /requests?") => Some(Reply::ok(requests)),
            line if line.starts_with("GET /accounts?") => Some(Reply::ok(json!({ "accounts": [], "nextToken": null }))),
            _ => None,
        }
    })
}

#[test]
fn accounts_are_listed() {
    let vend = vend();
    assert_shown!(
        "list-accounts",
        vend.run("list accounts"),
        vend.run("list accounts --output json"),
        vend.run("list accounts --output jsonl"),
    );
}

#[test]
fn requests_are_listed() {
    let vend = vend();
    assert_shown!(
        "list-requests",
        vend.run("list requests"),
        vend.run("list requests --output json"),
        vend.run("list requests --output jsonl"),
    );
}

#[test]
fn limit_leaves_out_and_says_so() {
    let vend = vend();
    assert_shown!(
        "list-limit",
        vend.run("list requests --limit 1 --quiet"),
        vend.run("list requests --limit 1 --output jsonl"),
    );
    assert_eq!(vend.run("list requests --limit 0 --output json").json()["complete"], true);
    assert_eq!(vend.run("list requests --limit 1 --output json").json()["complete"], false);
}

#[test]
fn filters_are_sent() {
    let vend = vend();
    vend.run("list accounts --ou Workloads/Development --owner jo@example.com --state active");
    vend.run("list requests --status failed");
    assert_eq!(
        vend.calls(),
        [
            "GET /accounts?organizationalUnit=Workloads%2FDevelopment&owner=jo%40example.com&state=ACTIVE&limit=100",
            "GET /requests?status=FAILED&limit=100",
        ]
    );
}

#[test]
fn empty_list_is_an_answer() {
    let vend = vend();
    assert_shown!(
        "list-nothing",
        vend.run("list accounts --ou Empty"),
        vend.run("list accounts --ou Empty --output json"),
        vend.run("list accounts --ou Empty --output jsonl"),
    );
}

#[test]
fn wrong_filter_is_refused() {
    let vend = Vend::with(|_, _| Some(Reply::Json(400, example("get", "/accounts", "400", "parameters"))));
    assert_shown!("list-refused", vend.run("list accounts --state OPEN"), vend.run("list accounts --output json"));
}
