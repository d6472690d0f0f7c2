//! Invitations to the organization, and the handshakes that enable all features.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Handshake.html>

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::wire::AwsError;

#[derive(Default)]
pub(super) struct Handshakes(Vec<Handshake>);

#[derive(Clone)]
pub(super) struct Handshake {
    id: String,
    /// The beginning of its ARN, with the organization.
    arn_prefix: String,
    pub(super) action: Action,
    /// The account that can accept.
    account: String,
    parties: Value,
    resources: Value,
    /// The tags of an account that joins by this invitation.
    pub(super) tags: Value,
    is_accepted: bool,
    requested_at: i64,
}

/// The organization that sends a handshake.
pub(super) struct Sender<'a> {
    pub(super) organization: &'a str,
    pub(super) management_account: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Action {
    Invite,
    /// The management account accepts it last.
    EnableAllFeatures,
    /// Each invited account accepts one.
    ApproveAllFeatures,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Invite => "INVITE",
            Self::EnableAllFeatures => "ENABLE_ALL_FEATURES",
            Self::ApproveAllFeatures => "APPROVE_ALL_FEATURES",
        }
    }

    /// "Invitation to join an organization: 15 days. Request to enable all features in an organization: 90 days"
    /// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>).
    fn expires_in_days(self) -> i64 {
        if self == Self::Invite { 15 } else { 90 }
    }
}

impl Handshakes {
    pub(super) fn invite(
        &mut self,
        sender: &Sender<'_>,
        account: &str,
        target: &Value,
        tags: &Value,
    ) -> Result<Handshake, AwsError> {
        let is_open =
            |known: &Handshake| known.action == Action::Invite && known.account == account && !known.is_accepted;
        if self.0.iter().any(is_open) {
            let message = "A handshake with the same action and target already exists.";
            return Err(AwsError::new(400, "DuplicateHandshakeException", message));
        }
        Ok(self
            .open(Handshake { tags: tags.clone(), ..Handshake::new(Action::Invite, sender, account, json!([target])) }))
    }

    /// Asks the management account and each of the invited accounts. Returns the handshake of the management account.
    pub(super) fn enable_all_features(&mut self, sender: &Sender<'_>, invited: &[String]) -> Handshake {
        let organization = sender.organization;
        let party = json!({"Id": organization.trim_start_matches("o-"), "Type": "ORGANIZATION"});
        let resource = |kind: &str, value: &str| json!({"Type": kind, "Value": value});
        let of_organization = resource("ORGANIZATION", organization);
        let parent = Handshake::new(Action::EnableAllFeatures, sender, sender.management_account, json!([party]));
        let parent = self.open(Handshake { resources: json!([of_organization]), ..parent });
        let of_parent = resource("PARENT_HANDSHAKE", parent.id.trim_start_matches("h-"));
        for account in invited {
            let parties = json!([party, {"Id": account, "Type": "ACCOUNT"}]);
            let resources = json!([of_parent, of_organization, resource("ACCOUNT", account)]);
            self.open(Handshake { resources, ..Handshake::new(Action::ApproveAllFeatures, sender, account, parties) });
        }
        parent
    }

    fn open(&mut self, handshake: Handshake) -> Handshake {
        let handshake = Handshake { id: format!("h-strict{:08}", self.0.len() + 1), ..handshake };
        self.0.push(handshake.clone());
        handshake
    }

    pub(super) fn accept(&mut self, id: &str, account: &str) -> Result<Handshake, AwsError> {
        let are_all_approved = self.are_all_approved();
        let known = self.0.iter_mut().find(|handshake| handshake.id == id && handshake.account == account);
        let Some(handshake) = known else { return Err(not_found()) };
        if handshake.is_accepted {
            let message = "The specified handshake is already in the requested state.";
            return Err(AwsError::new(400, "HandshakeAlreadyInStateException", message));
        }
        if handshake.action == Action::EnableAllFeatures && !are_all_approved {
            let message = "You can't perform the operation on the handshake in its current state.";
            return Err(AwsError::new(400, "InvalidHandshakeTransitionException", message));
        }
        handshake.is_accepted = true;
        Ok(handshake.clone())
    }

    /// Accepts all handshakes of invited accounts, and returns how many.
    pub(super) fn approve_all(&mut self) -> usize {
        let is_pending =
            |handshake: &&mut Handshake| handshake.action == Action::ApproveAllFeatures && !handshake.is_accepted;
        let mut approved = 0;
        for handshake in self.0.iter_mut().filter(is_pending) {
            handshake.is_accepted = true;
            approved += 1;
        }
        approved
    }

    pub(super) fn is_enabling_all_features(&self) -> bool {
        self.0.iter().any(|handshake| handshake.action == Action::EnableAllFeatures && !handshake.is_accepted)
    }

    fn are_all_approved(&self) -> bool {
        self.0.iter().all(|handshake| handshake.action != Action::ApproveAllFeatures || handshake.is_accepted)
    }

    /// Returns the handshake that an account has sent or received.
    pub(super) fn find(&self, id: &str, is_party: impl Fn(&Handshake) -> bool) -> Result<Value, AwsError> {
        let known = self.0.iter().find(|handshake| handshake.id == id && is_party(handshake));
        known.map(|handshake| self.shown(handshake)).ok_or_else(not_found)
    }

    /// Returns the handshakes that an account has sent or received, of one action if the filter names it.
    pub(super) fn list(&self, filter: &Value, is_party: impl Fn(&Handshake) -> bool) -> Vec<Value> {
        let action = filter["ActionType"].as_str();
        let of_action = |handshake: &&Handshake| action.is_none_or(|action| handshake.action.name() == action);
        self.0.iter().filter(of_action).filter(|handshake| is_party(handshake)).map(|known| self.shown(known)).collect()
    }

    /// The sender can complete a request for all features when all recipients have responded.
    pub(super) fn shown(&self, handshake: &Handshake) -> Value {
        let state = match handshake.action {
            _ if handshake.is_accepted => "ACCEPTED",
            Action::EnableAllFeatures if !self.are_all_approved() => "REQUESTED",
            _ => "OPEN",
        };
        let action = handshake.action.name();
        json!({
            "Id": handshake.id,
            "Arn": format!("{}/{}/{}", handshake.arn_prefix, action.to_lowercase(), handshake.id),
            "Parties": handshake.parties,
            "State": state,
            "Action": action,
            "Resources": handshake.resources,
            "RequestedTimestamp": handshake.requested_at,
            "ExpirationTimestamp": handshake.requested_at + handshake.action.expires_in_days() * 24 * 60 * 60,
        })
    }
}

impl Handshake {
    fn new(action: Action, sender: &Sender<'_>, account: &str, parties: Value) -> Self {
        Self {
            id: String::new(),
            arn_prefix: format!(
                "arn:aws:organizations::{}:handshake/{}",
                sender.management_account, sender.organization
            ),
            action,
            account: account.to_owned(),
            parties,
            resources: json!([]),
            tags: Value::Null,
            is_accepted: false,
            requested_at: OffsetDateTime::now_utc().unix_timestamp(),
        }
    }

    pub(super) fn is_for(&self, account: &str) -> bool {
        self.account == account
    }
}

fn not_found() -> AwsError {
    let message = "We can't find a handshake with the HandshakeId that you specified.";
    AwsError::new(400, "HandshakeNotFoundException", message)
}
