//! Emulated operations, with their own state for each account and Region.

mod account;
mod anomalies;
mod config;
mod contacts;
mod costs;
mod ec2;
mod iam;
mod identity_center;
mod members;
mod others;
mod ssm;

use hyper::Request;
use serde_json::Value;

use crate::cloud::{LocalCloud, ROOT_KEY};
use crate::emulator::MANAGEMENT;

pub(crate) const ONE: &str = "000000000001";
pub(crate) const TWO: &str = "000000000002";

/// A caller in an account and Region.
pub(crate) struct Caller<'a> {
    cloud: &'a LocalCloud,
    key: String,
    region: &'static str,
}

impl<'a> Caller<'a> {
    pub(crate) fn in_management_account(cloud: &'a LocalCloud) -> Self {
        Self { cloud, key: ROOT_KEY.to_owned(), region: "us-east-1" }
    }

    pub(crate) async fn in_account(cloud: &'a LocalCloud, account: &str) -> Self {
        // The emulator identifies roles by their names.
        let key = cloud.assume(ROOT_KEY, &format!("arn:aws:iam::{account}:role/In{account}"), "").await;
        Self { cloud, key, region: "us-east-1" }
    }

    pub(crate) fn in_region(&self, region: &'static str) -> Self {
        Self { cloud: self.cloud, key: self.key.clone(), region }
    }

    pub(crate) async fn json(&self, service: &str, operation: &str, parameters: Value) -> (u16, Value) {
        let request = Request::post(self.url("/")).header("X-Amz-Target", format!("Target.{operation}"));
        read(self.send(request, service, &parameters.to_string()).await)
    }

    pub(crate) async fn rest(&self, service: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        read(self.send(Request::builder().method(method).uri(self.url(path)), service, &body).await)
    }

    pub(crate) async fn query(&self, service: &str, form: &str) -> (u16, String) {
        let request = Request::post(self.url("/")).header("Content-Type", "application/x-www-form-urlencoded");
        self.send(request, service, form).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.cloud.endpoint)
    }

    async fn send(&self, request: hyper::http::request::Builder, service: &str, body: &str) -> (u16, String) {
        let (key, region) = (&self.key, self.region);
        self.cloud.send(request, &format!("{key}/20261122/{region}/{service}"), body).await.unwrap()
    }
}

fn read((status, body): (u16, String)) -> (u16, Value) {
    (status, serde_json::from_str(&body).unwrap())
}

/// Starts a proxy with two member accounts.
pub(crate) async fn cloud() -> LocalCloud {
    let cloud = LocalCloud::start().await;
    cloud.complete_creations_at_once().await;
    for email in ["one@example.com", "two@example.com"] {
        cloud.create(email).await;
    }
    cloud
}

/// Who names which account in a call of AWS Account Management, and what comes of it. `one` is in the account [`ONE`].
fn naming_accounts<'a>(
    management: &'a Caller<'a>,
    one: &'a Caller<'a>,
) -> [(&'a Caller<'a>, &'static str, &'static str); 4] {
    [
        (management, MANAGEMENT, "ValidationException"),
        (management, "999999999999", "AccessDeniedException"),
        (one, TWO, "AccessDeniedException"),
        (management, TWO, "none"),
    ]
}
