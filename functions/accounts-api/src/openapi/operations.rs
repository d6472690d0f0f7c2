//! The routes: what each takes, and all that it may answer.

use serde_json::{Map, Value, json};

use super::answers::{self, Answers};
use super::{component, examples, object};

/// One method of one path.
struct Operation {
    method: &'static str,
    path: &'static str,
    /// The name of the call in generated clients.
    id: &'static str,
    summary: &'static str,
    description: &'static str,
    parameters: Vec<Value>,
    /// What it takes: the schema of the body, and examples.
    body: Option<(&'static str, Vec<(&'static str, Value)>)>,
    answers: Answers,
}

/// Every operation that `lib.rs` has a route for.
fn all() -> [Operation; 5] {
    [ask_for_account(), adopt_account(), list_requests(), get_request(), change_account()]
}

fn ask_for_account() -> Operation {
    Operation {
        method: "post",
        path: "/accounts",
        id: "askForAccount",
        summary: "Ask for an account",
        description: "The same request sent again, or many times at once, is one account. After a failure it goes on from wherever the account is. With dryRun=true nothing is done, and the answer says what would be.",
        parameters: vec![
            query(
                "dryRun",
                "Whether only to say what would be done, and what stands in the way",
                &json!({ "type": "boolean", "default": false }),
            ),
            idempotency_key(),
        ],
        body: Some(account_request()),
        answers: [
            answers::shown_or_previewed(),
            answers::accepted("The request runs, or the same one runs already"),
            answers::invalid(vec![
                ("fields", examples::wrong_fields()),
                ("notJson", examples::not_json()),
                ("idempotencyKey", examples::wrong_key()),
            ]),
            answers::conflict(
                "A request with other content runs for this account, or the account stands with other content; or the first request with this Idempotency-Key is still being answered",
                vec![("otherContent", examples::other_content()), ("inProgress", examples::key_in_progress())],
            ),
            answers::too_large(),
            answers::other_request(),
        ]
        .into_iter()
        .chain(answers::to_everything())
        .collect(),
    }
}

fn adopt_account() -> Operation {
    Operation {
        method: "post",
        path: "/accounts/adopt",
        id: "adoptAccount",
        summary: "Take in an account that came by another road",
        description: "For operators. The account gets the baseline of its organizational unit; its name, email and place stay as they are. An adoption that failed goes on when it is asked for again.",
        parameters: vec![idempotency_key()],
        body: Some(("AdoptionRequestBody", vec![("request", examples::adoption())])),
        answers: [
            answers::shown("The account is ours already, and stands", vec![("vended", examples::vended())]),
            answers::accepted("The adoption runs, or did so already"),
            answers::invalid(vec![("fields", examples::wrong_account_id())]),
            answers::not_found("There is no such account in the organization", examples::no_such_account()),
            answers::conflict(
                "The account cannot be adopted, for the reason that is given; or the first request with this Idempotency-Key is still being answered",
                vec![("inTheRoot", examples::in_the_root()), ("inProgress", examples::key_in_progress())],
            ),
            answers::too_large(),
            answers::other_request(),
        ]
        .into_iter()
        .chain(answers::to_everything())
        .collect(),
    }
}

fn list_requests() -> Operation {
    Operation {
        method: "get",
        path: "/accounts",
        id: "listRequests",
        summary: "List requests, newest first",
        description: "A page may hold fewer requests than its limit; it is the last one when nextToken is null.",
        parameters: vec![
            query("status", "Only requests with this status", &component("schemas", "Status")),
            query(
                "limit",
                "How many requests a page holds at most",
                &json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }),
            ),
            query("nextToken", "The nextToken of the page before, with the same status", &json!({ "type": "string" })),
        ],
        body: None,
        answers: [answers::listed(), answers::invalid(vec![("parameters", examples::wrong_parameters())])]
            .into_iter()
            .chain(answers::to_everything())
            .collect(),
    }
}

fn get_request() -> Operation {
    Operation {
        method: "get",
        path: "/accounts/{id}",
        id: "getRequest",
        summary: "Show how a request is doing, or what is kept about an account",
        description: "GET /accounts/{requestId} or GET /accounts/{accountId}: API Gateway has one name for the parameters of GET and PUT. The record of an account is what was asked for, what each step of its last vend set, and when AWS showed it.",
        parameters: vec![request_or_account()],
        body: None,
        answers: [
            answers::shown_or_kept(),
            answers::not_found("There is no such request, or no record of such an account", examples::no_request()),
        ]
        .into_iter()
        .chain(answers::to_everything())
        .collect(),
    }
}

fn change_account() -> Operation {
    Operation {
        method: "put",
        path: "/accounts/{id}",
        id: "changeAccount",
        summary: "Change an account, or put its baseline right again",
        description: "PUT /accounts/{accountKey}, for the account's requester and for operators: API Gateway has one name for the parameters of GET and PUT. Name and email stay as they are; the email may be left out.",
        parameters: vec![path_id("The account's key", "AccountKey", "nsitwn5ke2shymhizrnj"), idempotency_key()],
        body: Some(account_request()),
        answers: [
            answers::accepted("The change runs, or the same one runs already"),
            answers::invalid(vec![("fields", examples::wrong_fields()), ("identity", examples::wrong_identity())]),
            answers::not_found("There is no such account", examples::no_account()),
            answers::conflict(
                "The last request for this account has not ended, and has other content; or the first request with this Idempotency-Key is still being answered",
                vec![("unfinished", examples::unfinished()), ("inProgress", examples::key_in_progress())],
            ),
            answers::too_large(),
            answers::other_request(),
        ]
        .into_iter()
        .chain(answers::to_everything())
        .collect(),
    }
}

pub(super) fn paths() -> Value {
    let mut paths = Map::new();
    for operation in all() {
        let (path, method) = (operation.path, operation.method);
        paths.entry(path).or_insert_with(|| json!({}))[method] = operation.describe();
    }
    paths.into()
}

impl Operation {
    fn describe(self) -> Value {
        let mut described = json!({
            "operationId": self.id,
            "summary": self.summary,
            "description": self.description,
            "parameters": self.parameters,
            "responses": object(self.answers),
        });
        if let Some((schema, examples)) = self.body {
            let examples = examples.into_iter().map(|(name, value)| (name, json!({ "value": value })));
            described["requestBody"] = json!({
                "required": true,
                "content": { "application/json": {
                    "schema": component("schemas", schema),
                    "examples": object(examples),
                } },
            });
        }
        described
    }
}

pub(super) fn shared_parameters() -> Value {
    json!({ "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Known for 24 hours, to this caller: the same request with the same key is answered as it was the first time",
        // A header has no spaces at its ends.
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$" },
        "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
    } })
}

fn account_request() -> (&'static str, Vec<(&'static str, Value)>) {
    ("AccountRequestBody", vec![("request", examples::request()), ("everything", examples::full_request())])
}

fn idempotency_key() -> Value {
    component("parameters", "IdempotencyKey")
}

fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn request_or_account() -> Value {
    let mut parameter = path_id("The request's id, or the account's", "RequestId", "nsitwn5ke2shymhizrnj-1");
    let either = ["RequestId", "AccountId"].map(|name| component("schemas", name));
    parameter["schema"] = json!({ "anyOf": either });
    parameter
}

fn path_id(description: &str, schema: &str, example: &str) -> Value {
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": description,
        "schema": component("schemas", schema),
        "example": example,
    })
}
