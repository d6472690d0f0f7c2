use serde_json::json;
use vending_client::testing::Reply;

use crate::api::{REQUEST_ID, example, identity};
use crate::harness::{Vend, assert_shown};

/// An API that denies, and STS.
fn denying(message: serde_json::Value) -> Vend {
    Vend::with(move |line, _| match line {
        "POST /" => Some(Reply::Xml(identity())),
        _ => Some(Reply::Json(403, message.clone())),
    })
}

#[test]
fn denial_names_signer_and_resource() {
    let not_authorized = "User: arn:aws:sts::111111111111:assumed-role/Other/jo is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********9012:abc/v1/GET/requests";
    assert_shown!(
        "denied",
        denying(json!({ "Message": not_authorized })).run(&format!("show {REQUEST_ID}")),
        denying(json!({ "message": "Missing Authentication Token" })).run(&format!("show {REQUEST_ID}")),
        denying(json!({ "message": "Missing Authentication Token" })).run(&format!("show {REQUEST_ID} --output json")),
    );
}

#[test]
fn denial_by_the_api_says_who_can() {
    let problem = example("put", "/accounts/{accountId}", "403", "notTheRequester");
    assert_shown!("denied-by-the-api", denying(problem).run(&format!("show {REQUEST_ID}")));
}

#[test]
fn missing_credentials_end_with_4() {
    let vend = Vend::with(|_, _| None).unset("AWS_ACCESS").unset("AWS_SECRET");
    assert_shown!(
        "no-credentials",
        vend.run(&format!("show {REQUEST_ID}")),
        vend.run("show 111122223333 --aws-profile nowhere")
    );
    assert!(vend.calls().is_empty());
}

#[test]
fn profile_with_mfa_is_explained() {
    let vend = Vend::with(|_, _| None).unset("AWS_ACCESS").unset("AWS_SECRET");
    vend.write(
        ".aws/config",
        "[profile admin]\nrole_arn = arn:aws:iam::111111111111:role/Admin\nsource_profile = base\nmfa_serial = arn:aws:iam::111111111111:mfa/jo\n",
    );
    let run = vend.run(&format!("show {REQUEST_ID} --aws-profile admin"));
    assert_eq!(run.code, Some(4));
    assert!(run.stderr.contains("mfa_serial") && run.stderr.contains("credential_process"), "{}", run.stderr);
}

/// A profile that someone names wins over the keys in the variables.
#[test]
fn credential_process_of_a_named_profile_is_run() {
    let vend = Vend::with(|_, _| Some(Reply::ok(crate::api::vended())));
    let process = vend.write(
        "process.sh",
        "#!/bin/sh\necho '{\"Version\": 1, \"AccessKeyId\": \"AKIDPROCESS\", \"SecretAccessKey\": \"secret\"}'\n",
    );
    vend.write(".aws/config", &format!("[profile tool]\ncredential_process = /bin/sh {}\n", process.display()));
    let run = vend.run(&format!("show {REQUEST_ID} --aws-profile tool"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let authorization = vend.api.calls()[0].headers["authorization"].clone();
    assert!(authorization.contains("Credential=AKIDPROCESS/"), "{authorization}");
}
