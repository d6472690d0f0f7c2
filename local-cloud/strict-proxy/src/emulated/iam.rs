//! IAM checks that moto lacks, and `AddClientIDToOpenIDConnectProvider`.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use hyper::body::Bytes;

use super::boundaries;
use super::call::Call;
use crate::emulators::{Emulator, Upstreams};
use crate::sync::lock;
use crate::wire::response::{error_code, escaped};
use crate::wire::{AwsError, AwsResponse, response};

/// The service-linked role of AWS Config: its name in AWS, and its name in moto.
const CONFIG_ROLE: (&str, &str) = ("AWSServiceRoleForConfig", "AWSServiceRoleForconfig");

pub(super) fn to_moto_role_names(body: &Bytes) -> Bytes {
    replace_name(body, CONFIG_ROLE.0, CONFIG_ROLE.1)
}

pub(super) fn to_aws_role_names(response: AwsResponse) -> AwsResponse {
    response.map(|body| replace_name(&body, CONFIG_ROLE.1, CONFIG_ROLE.0))
}

pub(super) fn to_moto_role_name(name: &str) -> String {
    name.replace(CONFIG_ROLE.0, CONFIG_ROLE.1)
}

pub(super) fn to_aws_role_name(name: &str) -> String {
    name.replace(CONFIG_ROLE.1, CONFIG_ROLE.0)
}

/// Both names have the same length, so the headers of the body stay valid.
fn replace_name(body: &Bytes, from: &str, to: &str) -> Bytes {
    match std::str::from_utf8(body) {
        Ok(text) if text.contains(from) => Bytes::from(text.replace(from, to)),
        _ => body.clone(),
    }
}

pub(super) struct Iam {
    upstreams: Arc<Upstreams>,
    /// Account aliases are unique in AWS: the account of each alias.
    aliases: Mutex<HashMap<String, String>>,
    /// The client IDs that were added to OpenID Connect providers, by provider ARN.
    audiences: Mutex<HashMap<String, BTreeSet<String>>>,
}

impl Iam {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self { upstreams, aliases: Mutex::default(), audiences: Mutex::default() }
    }

    pub(super) async fn handle(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        match call.request.operation.as_str() {
            "CreateAccountAlias" => self.create_alias(call, forward).await,
            "DeleteAccountAlias" => self.delete_alias(call, forward.await),
            "AddClientIDToOpenIDConnectProvider" => self.add_audience(call).await,
            "GetOpenIDConnectProvider" => self.with_audiences(call, forward.await),
            "DeleteOpenIDConnectProvider" => self.delete_provider(call, forward.await),
            "CreateRole" | "PutRolePermissionsBoundary" => match boundaries::check(&self.upstreams, call).await {
                Some(error) => response::error(call.request, &error),
                None => forward.await,
            },
            _ => forward.await,
        }
    }

    /// An account has one alias: a new alias replaces the old one.
    async fn create_alias(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let alias = call.string("AccountAlias");
        if !is_alias(alias) {
            let message = "The specified value for accountAlias is invalid. It must have 3 to 63 lower-case letters, \
                digits and single hyphens, and not be an account ID.";
            return response::error(call.request, &AwsError::new(400, "ValidationError", message));
        }
        if !self.reserve(alias, call.account) {
            let message = format!("The account alias {alias} already exists.");
            return response::error(call.request, &AwsError::new(409, "EntityAlreadyExists", &message));
        }
        let response = forward.await;
        let mut aliases = lock(&self.aliases);
        if response.status().is_success() {
            aliases.retain(|known, account| account != call.account || known == alias);
        } else {
            aliases.remove(alias);
        }
        response
    }

    /// Checks and reserves in one step, so that one of two concurrent calls wins.
    fn reserve(&self, alias: &str, account: &str) -> bool {
        let mut aliases = lock(&self.aliases);
        let is_free = !aliases.contains_key(alias);
        if is_free {
            aliases.insert(alias.to_owned(), account.to_owned());
        }
        is_free
    }

    fn delete_alias(&self, call: &Call<'_>, response: AwsResponse) -> AwsResponse {
        if response.status().is_success() {
            lock(&self.aliases).remove(call.string("AccountAlias"));
        }
        response
    }

    /// Adding a client ID again changes nothing.
    async fn add_audience(&self, call: &Call<'_>) -> AwsResponse {
        let arn = call.string(PROVIDER);
        let parameters = [(PROVIDER, arn)];
        let known = self.upstreams.iam(Emulator::Aws, call.account, "GetOpenIDConnectProvider", &parameters).await;
        if let Err(missing) = known {
            let code = error_code(&missing).unwrap_or_default();
            let message = format!("OpenIDConnect Provider not found for arn {arn}");
            return if code == "NoSuchEntity" { no_such_entity(call, &message) } else { missing };
        }
        lock(&self.audiences).entry(arn.to_owned()).or_default().insert(call.string("ClientID").to_owned());
        let namespace = "https://iam.amazonaws.com/doc/2010-05-08/";
        let metadata = "<ResponseMetadata><RequestId>strict-proxy</RequestId></ResponseMetadata>";
        let operation = &call.request.operation;
        response::ok_xml(&format!("<{operation}Response xmlns=\"{namespace}\">{metadata}</{operation}Response>"))
    }

    fn with_audiences(&self, call: &Call<'_>, mut response: AwsResponse) -> AwsResponse {
        let audiences = lock(&self.audiences).get(call.string(PROVIDER)).cloned().unwrap_or_default();
        let body = String::from_utf8_lossy(response.body()).into_owned();
        let mut added = String::new();
        for member in audiences.iter().map(|audience| format!("<member>{}</member>", escaped(audience))) {
            if !body.contains(&member) {
                added.push_str(&member);
            }
        }
        if added.is_empty() {
            return response;
        }
        let body = body.replace("<ClientIDList/>", "<ClientIDList></ClientIDList>");
        let body = body.replace("</ClientIDList>", &format!("{added}</ClientIDList>"));
        *response.body_mut() = body.into();
        // The header has the length of the old body.
        response.headers_mut().remove("content-length");
        response
    }

    fn delete_provider(&self, call: &Call<'_>, response: AwsResponse) -> AwsResponse {
        if response.status().is_success() {
            lock(&self.audiences).remove(call.string(PROVIDER));
        }
        response
    }
}

const PROVIDER: &str = "OpenIDConnectProviderArn";

fn no_such_entity(call: &Call<'_>, message: &str) -> AwsResponse {
    response::error(call.request, &AwsError::new(404, "NoSuchEntity", message))
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
    fn aliases_are_validated() {
        for alias in ["a-b", "123", "payments-prod-1"] {
            assert!(is_alias(alias), "{alias}");
        }
        for alias in ["", "ab", "-ab", "ab-", "a--b", "Abc", "a_b", "123456789012", "a.b"] {
            assert!(!is_alias(alias), "{alias}");
        }
    }
}
