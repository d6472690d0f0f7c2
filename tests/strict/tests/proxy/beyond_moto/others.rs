//! Access Analyzer, Service Quotas, S3 Control and Identity Center; and that answers of our own are like the others.

use serde_json::{Value, json};
use strict::{Config, Fault, Rule, Settling};

use super::{Caller, ONE, TWO, cloud};
use crate::cloud::{LocalCloud, MANAGEMENT, ROOT_KEY, code};
use crate::emulator::Role;

#[tokio::test]
async fn an_account_has_one_analyzer_of_a_kind_in_a_region() {
    let cloud = cloud().await;
    let one = Caller::of(&cloud, ONE).await;
    let list = async |caller: &Caller<'_>| {
        caller.rest("access-analyzer", "GET", "/analyzer?type=ACCOUNT", Value::Null).await.1["analyzers"].take()
    };
    let create = async |name: &str, token: &str| {
        let asked = json!({"analyzerName": name, "type": "ACCOUNT", "clientToken": token});
        one.rest("access-analyzer", "PUT", "/analyzer", asked).await
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
    assert_eq!(list(&Caller::of(&cloud, TWO).await).await, json!([]));

    let named = async |method: &str| one.rest("access-analyzer", method, "/analyzer/external", Value::Null).await;
    assert_eq!(named("GET").await.1["analyzer"], listed[0]);
    assert_eq!(named("DELETE").await.0, 200);
    assert_eq!(code(&named("GET").await), "ResourceNotFoundException");
}

#[tokio::test]
async fn a_quota_is_raised_after_a_while() {
    let cloud = cloud().await;
    cloud.strict.set_settling(&Settling { quota_millis: 5_000, ..Settling::default() }).await.unwrap();
    let one = Caller::of(&cloud, ONE).await;
    let asked = |more: Value| {
        let mut asked = json!({"ServiceCode": "lambda", "QuotaCode": "L-B99A9384"});
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked
    };
    let value = async |caller: &Caller<'_>| {
        caller.json("servicequotas", "GetServiceQuota", asked(json!({}))).await.1["Quota"]["Value"].take()
    };
    let request = async |desired: f64| {
        let asked = asked(json!({"DesiredValue": desired}));
        one.json("servicequotas", "RequestServiceQuotaIncrease", asked).await
    };
    let history = async || {
        let operation = "ListRequestedServiceQuotaChangeHistoryByQuota";
        one.json("servicequotas", operation, asked(json!({}))).await.1["RequestedQuotas"].take()
    };
    assert_eq!((value(&one).await, history().await), (json!(5.0), json!([])));
    assert_eq!(code(&request(5.0).await), "IllegalArgumentException");
    assert_eq!(request(100.0).await.1["RequestedQuota"]["Status"], "PENDING");
    assert_eq!(code(&request(200.0).await), "ResourceAlreadyExistsException");
    assert_eq!((value(&one).await, history().await[0]["Status"].take()), (json!(5.0), json!("PENDING")));
    cloud.pass(5_000);
    assert_eq!((value(&one).await, history().await[0]["Status"].take()), (json!(100.0), json!("APPROVED")));
    assert_eq!(value(&one.in_region("eu-west-1")).await, 5.0);

    let organization = json!({"ServiceCode": "organizations", "QuotaCode": "L-29A0C5DF"});
    let unknown = one.json("servicequotas", "GetServiceQuota", organization).await;
    assert_eq!(code(&unknown), "NoSuchResourceException");
    let vpcs = json!({"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"});
    let known = one.json("servicequotas", "GetServiceQuota", vpcs).await;
    assert_eq!(known.1, json!({"Quota": {"Value": 5.0}}), "as the emulator has it");
}

#[tokio::test]
async fn an_accounts_public_access_block_is_put_and_deleted() {
    let cloud = cloud().await;
    let key = cloud.assume(ROOT_KEY, "arn:aws:iam::000000000001:role/One", "").await;
    let ask = async |method: &str, account: &str, body: &str| {
        let url = format!("{}/v20180820/configuration/publicAccessBlock", cloud.endpoint);
        let request = hyper::Request::builder().method(method).uri(url).header("x-amz-account-id", account);
        cloud.send(request, &format!("{key}/20261122/eu-west-1/s3"), body).await.unwrap()
    };
    let (status, missing) = ask("GET", ONE, "").await;
    assert!(status == 404 && missing.contains("<Code>NoSuchPublicAccessBlockConfiguration</Code>"), "{missing}");
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
        <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    assert_eq!(ask("PUT", ONE, block).await.0, 200);
    let (_, told) = ask("GET", ONE, "").await;
    for setting in ["<BlockPublicAcls>true<", "<RestrictPublicBuckets>true<", "<BlockPublicPolicy>false<"] {
        assert!(told.contains(setting), "{told}");
    }
    assert_eq!(ask("GET", TWO, "").await.0, 403);
    assert_eq!(ask("DELETE", ONE, "").await.0, 200);
    assert_eq!(ask("GET", ONE, "").await.0, 404);
    let calls = cloud.strict.calls_since(0).await.unwrap();
    let last = calls.last().unwrap();
    assert_eq!((last.service.as_str(), last.operation.as_str()), ("s3-control", "GetPublicAccessBlock"));
}

#[tokio::test]
async fn assignments_are_listed_once() {
    let cloud = cloud().await;
    let listed = Caller::of_management(&cloud).json("sso", "ListAccountAssignments", json!({})).await;
    assert_eq!(listed.1, json!({"AccountAssignments": [{"PrincipalId": "p"}]}));
}

#[tokio::test]
async fn answers_of_our_own_are_recorded_and_get_faults() {
    let cloud = cloud().await;
    let one = Caller::of(&cloud, ONE).await;
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
async fn answers_of_our_own_are_for_those_who_may() {
    let cloud = LocalCloud::start_with(|config| Config { evaluate_iam: true, ..config }).await;
    let arn = format!("arn:aws:iam::{ONE}:role/In{ONE}");
    let trust = json!({"AWS": format!("arn:aws:iam::{MANAGEMENT}:root")});
    let statement = |action: &str, extra: (&str, Value)| json!({"Statement": [{"Effect": "Allow", "Action": action, extra.0: extra.1}]});
    let policy = statement("budgets:ViewBudget", ("Resource", json!("*")));
    cloud.put_role(Role { arn, trust: statement("sts:AssumeRole", ("Principal", trust)), policy });
    let one = Caller::of(&cloud, ONE).await;
    let ask = async |operation: &str| one.json("budgets", operation, json!({"AccountId": ONE})).await;
    assert_eq!(ask("DescribeBudgets").await.0, 200);
    assert_eq!(code(&ask("CreateBudget").await), "AccessDeniedException");
}
