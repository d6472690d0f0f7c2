//! Invitations to the organization.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html>

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::wire::AwsError;

#[derive(Default)]
pub(super) struct Handshakes(Vec<Handshake>);

#[derive(Clone)]
pub(super) struct Handshake {
    id: String,
    account: String,
    target: Value,
    pub(super) tags: Value,
    is_accepted: bool,
    requested_at: i64,
}

impl Handshakes {
    /// Returns the handshake in the format of AWS.
    pub(super) fn open(&mut self, account: &str, target: &Value, tags: &Value) -> Result<Value, AwsError> {
        if self.0.iter().any(|handshake| handshake.account == account && !handshake.is_accepted) {
            let message = "A handshake with the same action and target already exists.";
            return Err(AwsError::new(400, "DuplicateHandshakeException", message));
        }
        let handshake = Handshake {
            id: format!("h-strict{:08}", self.0.len() + 1),
            account: account.to_owned(),
            target: target.clone(),
            tags: tags.clone(),
            is_accepted: false,
            requested_at: OffsetDateTime::now_utc().unix_timestamp(),
        };
        self.0.push(handshake.clone());
        Ok(handshake.shown())
    }

    pub(super) fn accept(&mut self, id: &str, account: &str) -> Result<Handshake, AwsError> {
        let known = self.0.iter_mut().find(|handshake| handshake.id == id && handshake.account == account);
        let Some(handshake) = known else {
            let message = "We can't find a handshake with the HandshakeId that you specified.";
            return Err(AwsError::new(400, "HandshakeNotFoundException", message));
        };
        if handshake.is_accepted {
            let message = "The specified handshake is already in the requested state.";
            return Err(AwsError::new(400, "HandshakeAlreadyInStateException", message));
        }
        handshake.is_accepted = true;
        Ok(handshake.clone())
    }
}

impl Handshake {
    pub(super) fn shown(&self) -> Value {
        const EXPIRES_IN: i64 = 15 * 24 * 60 * 60;
        json!({"Handshake": {
            "Id": self.id,
            "Parties": [self.target],
            "State": if self.is_accepted { "ACCEPTED" } else { "OPEN" },
            "Action": "INVITE",
            "RequestedTimestamp": self.requested_at,
            "ExpirationTimestamp": self.requested_at + EXPIRES_IN,
        }})
    }
}
