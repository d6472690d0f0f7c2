//! The public access block of a whole account. moto has it, but serves S3 Control only at names of its own.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::call::{Call, Places};
use crate::faults::AwsError;
use crate::wire::{Answer, answer};

/// The block is the same in every region; none in a fresh account.
#[derive(Default)]
pub(super) struct S3Control(Places<Option<BTreeMap<&'static str, bool>>>);

const SETTINGS: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

impl S3Control {
    pub(super) async fn answer(&self, call: &Call<'_>, forward: impl Future<Output = Answer>) -> Answer {
        let operation = call.request.operation.as_str();
        if !["GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"].contains(&operation) {
            return forward.await;
        }
        if call.text("AccountId") != call.account {
            return answer::error(call.request, &AwsError::new(403, "AccessDenied", "Access Denied"));
        }
        self.0.everywhere(call.account, |block| match operation {
            "GetPublicAccessBlock" => get(block.as_ref(), call),
            "PutPublicAccessBlock" => {
                *block = Some(SETTINGS.into_iter().map(|name| (name, call.value(name) == true)).collect());
                answer::ok_xml("")
            }
            _ => {
                *block = None;
                answer::ok_xml("")
            }
        })
    }
}

fn get(block: Option<&BTreeMap<&'static str, bool>>, call: &Call<'_>) -> Answer {
    let Some(block) = block else {
        let message = "The public access block configuration was not found";
        return answer::error(call.request, &AwsError::new(404, "NoSuchPublicAccessBlockConfiguration", message));
    };
    let mut settings = String::new();
    for (name, value) in block {
        // Writing to a string cannot fail.
        let _ = write!(settings, "<{name}>{value}</{name}>");
    }
    answer::ok_xml(&format!("<PublicAccessBlockConfiguration>{settings}</PublicAccessBlockConfiguration>"))
}
