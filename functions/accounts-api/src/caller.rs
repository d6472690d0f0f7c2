//! Who calls, and what that lets them change.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use vending_core::{ASSUMED_ROLE, Requester, principal};

use crate::answer::Refusal;

/// The caller as API Gateway found it from the request's signature.
///
/// Without a signature there is no caller: then the API was deployed without `AWS_IAM`, and nobody is answered.
pub(crate) fn caller(event: &ApiGatewayProxyRequest) -> Result<Requester, Refusal> {
    let arn = event.request_context.identity.user_arn.as_deref();
    match arn.filter(|arn| !arn.is_empty()) {
        Some(arn) => Ok(Requester::new(arn)),
        None => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "the request names no caller; sign it with AWS credentials (Signature Version 4)",
        )),
    }
}

/// Who may change any account.
#[derive(Debug, Default)]
pub(crate) struct Operators(Vec<String>);

impl Operators {
    /// Reads ARNs of users and roles; a role is known by its own ARN or by that of its sessions.
    ///
    /// A wrong entry is named by its place: it could be anybody's name or email.
    pub(crate) fn read(entries: &[String]) -> Result<Self, String> {
        let entries = entries.iter().zip(1..);
        let read = entries.map(|(entry, place)| operator(entry).map_err(|why| format!("entry {place} {why}")));
        read.collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn include(&self, caller: &Requester) -> bool {
        let who = principal(caller.arn());
        self.0.iter().any(|entry| match entry.strip_suffix('*') {
            Some(start) => who.starts_with(start),
            None => who == entry,
        })
    }
}

fn operator(entry: &str) -> Result<String, &'static str> {
    let parts: Vec<&str> = entry.splitn(6, ':').collect();
    let stars = entry.matches('*').count();
    let ["arn", partition, service @ ("iam" | "sts"), _, account, resource] = parts[..] else {
        return Err("is no ARN of a user or role");
    };
    if stars > usize::from(entry.ends_with('*')) || account.len() != 12 {
        return Err("must name the account, and may have a `*` only at its end");
    }
    let Some(path_and_name) = resource.strip_prefix("role/").filter(|_| service == "iam") else {
        return Ok(principal(entry).to_owned());
    };
    // A caller's ARN has no path: all roles below one cannot be told from all roles.
    match path_and_name.rsplit_once('/') {
        Some((_, "*")) => Err("cannot be matched: a caller's ARN shows no path; name the roles"),
        Some((_, name)) => Ok(assumed(partition, account, name)),
        None => Ok(assumed(partition, account, path_and_name)),
    }
}

fn assumed(partition: &str, account: &str, role: &str) -> String {
    format!("arn:{partition}:sts::{account}{ASSUMED_ROLE}{role}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operators(entry: &str) -> Result<Operators, String> {
        Operators::read(&[entry.to_owned()])
    }

    #[test]
    fn operators_are_users_or_roles_with_or_without_sessions() {
        let session = "arn:aws:sts::111111111111:assumed-role/Operator/jane";
        for (entry, caller_arn, included) in [
            ("arn:aws:sts::111111111111:assumed-role/Operator", session, true),
            ("arn:aws:iam::111111111111:role/Operator", session, true),
            ("arn:aws:iam::111111111111:role/team/Operator", session, true),
            ("arn:aws:iam::111111111111:role/Op*", session, true),
            ("arn:aws:iam::111111111111:role/*", session, true),
            ("arn:aws:iam::111111111111:role/Oper", session, false),
            ("arn:aws:iam::222222222222:role/Operator", session, false),
            ("arn:aws:iam::111111111111:user/jane", "arn:aws:iam::111111111111:user/jane", true),
            ("arn:aws:iam::111111111111:user/ops/*", "arn:aws:iam::111111111111:user/ops/joe", true),
            ("arn:aws:iam::111111111111:user/ops/*", "arn:aws:iam::111111111111:user/joe", false),
        ] {
            let found = operators(entry).unwrap().include(&Requester::new(caller_arn));
            assert_eq!(found, included, "{entry} {caller_arn}");
        }
    }

    #[test]
    fn entries_that_would_let_in_too_many_are_refused() {
        for entry in [
            "*",
            "jane",
            "arn:aws:iam::*",
            "arn:aws:iam::*:role/Operator",
            "arn:aws:iam::111111111111:role/*/Operator",
            "arn:aws:iam::111111111111:role/team/*",
            "arn:aws:s3:::111111111111:x",
        ] {
            assert!(operators(entry).is_err(), "{entry}");
        }
    }

    #[test]
    fn a_wrong_entry_is_named_by_its_place() {
        let entries = ["arn:aws:iam::111111111111:user/jane".to_owned(), "joe@example.com".to_owned()];
        assert_eq!(Operators::read(&entries).unwrap_err(), "entry 2 is no ARN of a user or role");
    }
}
