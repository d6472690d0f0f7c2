//! Whose access key it is, learnt from the answers of STS.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::answer::{Answer, element};
use crate::call::AwsRequest;
use crate::proxy::lock;

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) account: String,
    pub(crate) role_arn: String,
    pub(crate) name: String,
}

#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    pub(crate) fn of(&self, access_key_id: &str) -> Option<Session> {
        lock(&self.0).get(access_key_id).cloned()
    }

    pub(crate) fn learn(&self, request: &AwsRequest, answer: &Answer) {
        if request.operation.starts_with("AssumeRole")
            && answer.status().is_success()
            && let Some(session) = session(request)
            && let Some(access_key_id) = element(answer.body(), "AccessKeyId")
        {
            lock(&self.0).insert(access_key_id, session);
        }
    }
}

fn session(request: &AwsRequest) -> Option<Session> {
    let role_arn = request.text("RoleArn")?.to_owned();
    let account = role_arn.split(':').nth(4)?.to_owned();
    let name = request.text("RoleSessionName")?.to_owned();
    Some(Session { account, role_arn, name })
}
