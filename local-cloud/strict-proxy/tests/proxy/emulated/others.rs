//! Access Analyzer, Service Quotas, S3 Control, and Identity Center; and faults, records, and IAM for emulated
//! operations.

use local_cloud::strict::{Delays, Fault, Rule};
use serde_json::{Value, json};
use strict_proxy::Config;

use super::{Caller, ONE, TWO, cloud};
use crate::cloud::{LocalCloud, ROOT_KEY, code};
use crate::emulator::{MANAGEMENT, Role};

#[tokio::test]
async fn account_has_one_analyzer_per_type_and_region() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let list = async |caller: &Caller<'_>| {
        caller.rest("access-analyzer", "GET", "/analyzer?type=ACCOUNT", Value::Null).await.1["analyzers"].take()
    };
    let create = async |name: &str, token: &str| {
        let parameters = json!({"analyzerName": name, "type": "ACCOUNT", "clientToken": token});
        one.rest("access-analyzer", "PUT", "/analyzer", parameters).await
    };
    assert_eq!(list(&one).await, json!([]));
    let arn = json!({"arn": "arn:aws:access-analyzer:us-east-1:000000000001:analyzer/external"});
    assert_eq!(create("external", "t").await, (200, arn.clone()));
    assert_eq!(create("external", "t").await, (200, arn));
    assert_eq!(code(&create("external", "u").await), "ConflictException");
    assert_eq!(code(&create("another", "u").await), "ServiceQuotaExceededException");
    assert_eq!(code(&create("-", "u").await), "ValidationException");
    let listed = list(&one).await;
    assert_eq!((&listed[0]["name"], &listed[0]["status"]), (&json!("external"), &json!("ACTIVE")));
    assert_eq!(list(&one.in_region("eu-west-1")).await, json!([]));
    assert_eq!(list(&Caller::in_account(&cloud, TWO).await).await, json!([]));

    let named = async |method: &str| one.rest("access-analyzer", method, "/analyzer/external", Value::Null).await;
    assert_eq!(named("GET").await.1["analyzer"], listed[0]);
    assert_eq!(named("DELETE").await.0, 200);
    assert_eq!(code(&named("GET").await), "ResourceNotFoundException");
}

#[tokio::test]
async fn quota_increase_is_approved_after_its_delay() {
    let cloud = cloud().await;
    cloud.strict.set_delays(&Delays { quota_millis: 5_000, ..Delays::default() }).await.unwrap();
    let one = Caller::in_account(&cloud, ONE).await;
    let parameters = |more: Value| {
        let mut parameters = json!({"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    };
    let value = async |caller: &Caller<'_>| {
        caller.json("servicequotas", "GetServiceQuota", parameters(json!({}))).await.1["Quota"]["Value"].take()
    };
    let request = async |desired: f64| {
        let parameters = parameters(json!({"DesiredValue": desired}));
        one.json("servicequotas", "RequestServiceQuotaIncrease", parameters).await
    };
    let history = async || {
        let operation = "ListRequestedServiceQuotaChangeHistoryByQuota";
        one.json("servicequotas", operation, parameters(json!({}))).await.1["RequestedQuotas"].take()
    };
    assert_eq!((value(&one).await, history().await), (json!(5.0), json!([])));
    assert_eq!(code(&request(5.0).await), "IllegalArgumentException");
    assert_eq!(request(100.0).await.1["RequestedQuota"]["Status"], "PENDING");
    assert_eq!(code(&request(200.0).await), "ResourceAlreadyExistsException");
    assert_eq!((value(&one).await, history().await[0]["Status"].take()), (json!(5.0), json!("PENDING")));
    cloud.advance(5_000);
    assert_eq!((value(&one).await, history().await[0]["Status"].take()), (json!(100.0), json!("APPROVED")));
    assert_eq!(value(&one.in_region("eu-west-1")).await, 5.0);

    let listed = one.json("servicequotas", "ListServiceQuotas", json!({"ServiceCode": "organizations"})).await.1;
    let names = listed["Quotas"].as_array().unwrap().iter().map(|quota| quota["QuotaName"].as_str().unwrap());
    assert!(names.clone().any(|name| name == "Default maximum number of accounts"), "{listed}");
    let vpcs = json!({"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"});
    let known = one.json("servicequotas", "GetServiceQuota", vpcs).await;
    assert_eq!(known.1, json!({"Quota": {"Value": 5.0}}), "the emulator has this quota");
}

#[tokio::test]
async fn public_access_block_is_put_and_deleted() {
    let cloud = cloud().await;
    let key = cloud.assume(ROOT_KEY, "arn:aws:iam::000000000001:role/One", "").await;
    let call = async |method: &str, account: &str, body: &str| {
        let url = format!("{}/v20180820/configuration/publicAccessBlock", cloud.endpoint);
        let request = hyper::Request::builder().method(method).uri(url).header("x-amz-account-id", account);
        cloud.send(request, &format!("{key}/20261122/eu-west-1/s3"), body).await.unwrap()
    };
    let (status, missing) = call("GET", ONE, "").await;
    assert!(status == 404 && missing.contains("<Code>NoSuchPublicAccessBlockConfiguration</Code>"), "{missing}");
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
        <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    assert_eq!(call("PUT", ONE, block).await.0, 200);
    let (_, shown) = call("GET", ONE, "").await;
    for setting in ["<BlockPublicAcls>true<", "<RestrictPublicBuckets>true<", "<BlockPublicPolicy>false<"] {
        assert!(shown.contains(setting), "{shown}");
    }
    assert_eq!(call("GET", TWO, "").await.0, 403);
    assert_eq!(call("DELETE", ONE, "").await.0, 200);
    assert_eq!(call("GET", ONE, "").await.0, 404);
    let calls = cloud.strict.calls_since(0).await.unwrap();
    let last = calls.last().unwrap();
    assert_eq!((last.service.as_str(), last.operation.as_str()), ("s3-control", "GetPublicAccessBlock"));
}

#[tokio::test]
async fn assignments_are_listed_once() {
    let cloud = cloud().await;
    let listed = Caller::in_management_account(&cloud).json("sso", "ListAccountAssignments", json!({})).await;
    assert_eq!(listed.1, json!({"AccountAssignments": [{"PrincipalId": "p"}]}));
}

#[tokio::test]
async fn emulated_calls_are_recorded_and_get_faults() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let fault = Fault::error(500, "InternalServerException", "no");
    cloud.strict.add_rule(&Rule::new("access-analyzer", "ListAnalyzers", fault)).await.unwrap();
    let list = async || one.rest("access-analyzer", "GET", "/analyzer", Value::Null).await;
    assert_eq!((code(&list().await).to_owned(), list().await.0), ("InternalServerException".to_owned(), 200));
    let calls = cloud.strict.calls_since(0).await.unwrap();
    let of_analyzers: Vec<_> = calls.iter().filter(|call| call.service == "access-analyzer").collect();
    assert_eq!((of_analyzers[0].status, of_analyzers[1].status), (Some(500), Some(200)));
    assert_eq!((of_analyzers[1].account.as_str(), of_analyzers[1].region.as_deref()), (ONE, Some("us-east-1")));
}

#[tokio::test]
async fn emulated_calls_are_authorized() {
    let cloud = LocalCloud::start_with(|config| Config { evaluate_iam: true, ..config }).await;
    let arn = format!("arn:aws:iam::{ONE}:role/In{ONE}");
    let trust = json!({"AWS": format!("arn:aws:iam::{MANAGEMENT}:root")});
    let statement = |action: &str, extra: (&str, Value)| json!({"Statement": [{"Effect": "Allow", "Action": action, extra.0: extra.1}]});
    let policy = statement("budgets:ViewBudget", ("Resource", json!("*")));
    cloud.put_role(Role { arn, trust: statement("sts:AssumeRole", ("Principal", trust)), policy });
    let one = Caller::in_account(&cloud, ONE).await;
    let call = async |operation: &str| one.json("budgets", operation, json!({"AccountId": ONE})).await;
    assert_eq!(call("DescribeBudgets").await.0, 200);
    assert_eq!(code(&call("CreateBudget").await), "AccessDeniedException");
}
