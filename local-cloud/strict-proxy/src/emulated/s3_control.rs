//! The public access block of an account. moto serves S3 Control only at host names of its own.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::call::{Call, ScopedState};
use crate::wire::{AwsError, AwsResponse, response};

/// The block is the same in every Region. New accounts have none.
#[derive(Default)]
pub(super) struct S3Control(ScopedState<Option<BTreeMap<&'static str, bool>>>);

const SETTINGS: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

impl S3Control {
    pub(super) async fn handle(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let operation = call.request.operation.as_str();
        if !["GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"].contains(&operation) {
            return forward.await;
        }
        if call.string("AccountId") != call.account {
            return response::error(call.request, &AwsError::new(403, "AccessDenied", "Access Denied"));
        }
        self.0.global(call.account, |block| match operation {
            "GetPublicAccessBlock" => get(block.as_ref(), call),
            "PutPublicAccessBlock" => {
                *block = Some(SETTINGS.into_iter().map(|name| (name, call.value(name) == true)).collect());
                response::ok_xml("")
            }
            _ => {
                *block = None;
                response::ok_xml("")
            }
        })
    }
}

fn get(block: Option<&BTreeMap<&'static str, bool>>, call: &Call<'_>) -> AwsResponse {
    let Some(block) = block else {
        let message = "The public access block configuration was not found";
        return response::error(call.request, &AwsError::new(404, "NoSuchPublicAccessBlockConfiguration", message));
    };
    let mut settings = String::new();
    for (name, value) in block {
        // Writing to a string cannot fail.
        let _ = write!(settings, "<{name}>{value}</{name}>");
    }
    response::ok_xml(&format!("<PublicAccessBlockConfiguration>{settings}</PublicAccessBlockConfiguration>"))
}
