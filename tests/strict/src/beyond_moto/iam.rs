//! What moto's IAM takes that AWS refuses, and the one operation on OpenID Connect providers that it lacks.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use hyper::body::Bytes;

use super::boundaries;
use super::call::Call;
use crate::emulators::{Emulator, Upstreams};
use crate::faults::AwsError;
use crate::proxy::lock;
use crate::wire::answer::{error_code, escaped};
use crate::wire::{Answer, answer};

/// The role that AWS Config records with: moto makes it under another name than the one that AWS gives it.
const CONFIG_ROLE: (&str, &str) = ("AWSServiceRoleForConfig", "AWSServiceRoleForconfig");

pub(super) fn as_moto_names_roles(body: &Bytes) -> Bytes {
    renamed(body, CONFIG_ROLE.0, CONFIG_ROLE.1)
}

pub(super) fn as_aws_names_roles(answer: Answer) -> Answer {
    answer.map(|body| renamed(&body, CONFIG_ROLE.1, CONFIG_ROLE.0))
}

/// Both names are of one length: what the headers say of the body stays true.
fn renamed(body: &Bytes, from: &str, to: &str) -> Bytes {
    match std::str::from_utf8(body) {
        Ok(text) if text.contains(from) => Bytes::from(text.replace(from, to)),
        _ => body.clone(),
    }
}

pub(super) struct Iam {
    upstreams: Arc<Upstreams>,
    /// Whose each account alias is: nobody else in the world may have it.
    aliases: Mutex<HashMap<String, String>>,
    /// The audiences that were added to OpenID Connect providers, by their ARNs.
    audiences: Mutex<HashMap<String, BTreeSet<String>>>,
}

impl Iam {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, aliases: Mutex::default(), audiences: Mutex::default() }
    }

    pub(super) async fn answer(&self, call: &Call<'_>, forward: impl Future<Output = Answer>) -> Answer {
        match call.request.operation.as_str() {
            "CreateAccountAlias" => self.create_alias(call, forward).await,
            "DeleteAccountAlias" => self.delete_alias(call, forward.await),
            "AddClientIDToOpenIDConnectProvider" => self.add_audience(call).await,
            "GetOpenIDConnectProvider" => self.with_audiences(call, forward.await),
            "DeleteOpenIDConnectProvider" => self.delete_provider(call, forward.await),
            "CreateRole" | "PutRolePermissionsBoundary" => match boundaries::missing(&self.upstreams, call).await {
                Some(error) => answer::error(call.request, &error),
                None => forward.await,
            },
            _ => forward.await,
        }
    }

    /// An account has one alias: a new one takes the place of the old one.
    async fn create_alias(&self, call: &Call<'_>, forward: impl Future<Output = Answer>) -> Answer {
        let alias = call.text("AccountAlias");
        if !is_alias(alias) {
            let message = "The specified value for accountAlias is invalid. It must have 3 to 63 lower-case letters, \
                digits and single hyphens, and not be an account id.";
            return answer::error(call.request, &AwsError::new(400, "ValidationError", message));
        }
        if !self.reserve(alias, call.account) {
            let message = format!("The account alias {alias} already exists.");
            return answer::error(call.request, &AwsError::new(409, "EntityAlreadyExists", &message));
        }
        let answer = forward.await;
        let mut aliases = lock(&self.aliases);
        if answer.status().is_success() {
            aliases.retain(|known, account| account != call.account || known == alias);
        } else {
            aliases.remove(alias);
        }
        answer
    }

    /// At once, so that of two accounts that want it one gets it.
    fn reserve(&self, alias: &str, account: &str) -> bool {
        let mut aliases = lock(&self.aliases);
        let is_free = !aliases.contains_key(alias);
        if is_free {
            aliases.insert(alias.to_owned(), account.to_owned());
        }
        is_free
    }

    fn delete_alias(&self, call: &Call<'_>, answer: Answer) -> Answer {
        if answer.status().is_success() {
            lock(&self.aliases).remove(call.text("AccountAlias"));
        }
        answer
    }

    /// Adding one again changes nothing.
    async fn add_audience(&self, call: &Call<'_>) -> Answer {
        let arn = call.text(PROVIDER);
        let asked = [(PROVIDER, arn)];
        let known = self.upstreams.iam(Emulator::Aws, call.account, "GetOpenIDConnectProvider", &asked).await;
        if let Err(missing) = known {
            let code = error_code(&missing).unwrap_or_default();
            let message = format!("OpenIDConnect Provider not found for arn {arn}");
            return if code == "NoSuchEntity" { missing_entity(call, &message) } else { missing };
        }
        lock(&self.audiences).entry(arn.to_owned()).or_default().insert(call.text("ClientID").to_owned());
        let namespace = "https://iam.amazonaws.com/doc/2010-05-08/";
        let metadata = "<ResponseMetadata><RequestId>strict-proxy</RequestId></ResponseMetadata>";
        let operation = &call.request.operation;
        answer::ok_xml(&format!("<{operation}Response xmlns=\"{namespace}\">{metadata}</{operation}Response>"))
    }

    fn with_audiences(&self, call: &Call<'_>, mut answer: Answer) -> Answer {
        let audiences = lock(&self.audiences).get(call.text(PROVIDER)).cloned().unwrap_or_default();
        let body = String::from_utf8_lossy(answer.body()).into_owned();
        let mut added = String::new();
        for member in audiences.iter().map(|audience| format!("<member>{}</member>", escaped(audience))) {
            if !body.contains(&member) {
                added.push_str(&member);
            }
        }
        if added.is_empty() {
            return answer;
        }
        let body = body.replace("<ClientIDList/>", "<ClientIDList></ClientIDList>");
        let body = body.replace("</ClientIDList>", &format!("{added}</ClientIDList>"));
        *answer.body_mut() = body.into();
        // It describes the body that was.
        answer.headers_mut().remove("content-length");
        answer
    }

    fn delete_provider(&self, call: &Call<'_>, answer: Answer) -> Answer {
        if answer.status().is_success() {
            lock(&self.audiences).remove(call.text(PROVIDER));
        }
        answer
    }
}

const PROVIDER: &str = "OpenIDConnectProviderArn";

fn missing_entity(call: &Call<'_>, message: &str) -> Answer {
    answer::error(call.request, &AwsError::new(404, "NoSuchEntity", message))
}

fn is_alias(alias: &str) -> bool {
    let is_account_id = alias.len() == 12 && alias.bytes().all(|byte| byte.is_ascii_digit());
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let has_hyphens_within = !alias.starts_with('-') && !alias.ends_with('-') && !alias.contains("--");
    (3..=63).contains(&alias.len()) && alias.bytes().all(known) && has_hyphens_within && !is_account_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_lower_case_names() {
        for alias in ["a-b", "123", "payments-prod-1"] {
            assert!(is_alias(alias), "{alias}");
        }
        for alias in ["", "ab", "-ab", "ab-", "a--b", "Abc", "a_b", "123456789012", "a.b"] {
            assert!(!is_alias(alias), "{alias}");
        }
    }
}
