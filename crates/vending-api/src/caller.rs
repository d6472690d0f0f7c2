//! The caller of the API, and lists of the users and roles that may call it.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use vending_core::{Arn, Requester, assumed_role, principal};

use crate::response::ApiError;

/// The caller, which API Gateway takes from the request's signature.
///
/// A call without a signature is rejected: then the API was deployed without `AWS_IAM`.
pub fn caller(event: &ApiGatewayProxyRequest) -> Result<Requester, ApiError> {
    let arn = event.request_context.identity.user_arn.as_deref();
    match arn.filter(|arn| !arn.is_empty()) {
        Some(arn) => Ok(Requester::new(arn)),
        None => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "the request is not signed; sign it with AWS credentials (Signature Version 4)",
        )),
    }
}

/// Users and roles in a parameter of the stack.
#[derive(Debug, Default)]
pub struct Principals(Vec<String>);

impl Principals {
    /// Parses ARNs of users and roles. An entry for a role is the ARN of the role or of its sessions.
    ///
    /// An error names the position of the entry, because an entry can have a personal name or email.
    pub fn parse(entries: &[String]) -> Result<Self, String> {
        let entries = entries.iter().zip(1..);
        let parsed =
            entries.map(|(entry, position)| principal_pattern(entry).map_err(|why| format!("entry {position} {why}")));
        parsed.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the caller is one of these users or a session of one of these roles.
    pub fn contains(&self, caller: &Requester) -> bool {
        let arn = principal(caller.arn());
        self.0.iter().any(|entry| match entry.strip_suffix('*') {
            Some(prefix) => arn.starts_with(prefix),
            None => arn == entry,
        })
    }
}

fn principal_pattern(entry: &str) -> Result<String, &'static str> {
    let arn = Arn::parse(entry).filter(|arn| matches!(arn.service, "iam" | "sts"));
    let arn = arn.ok_or("is not an ARN of a user or role")?;
    let Arn { service, account, resource, .. } = arn;
    let stars = entry.matches('*').count();
    if stars > usize::from(entry.ends_with('*')) || account.len() != 12 {
        return Err("must have an account ID, and can have a `*` only at the end");
    }
    // `aws sts get-caller-identity` prints the ARN of a session. Sessions choose their own names: only the role counts.
    if service == "sts" && resource.matches('/').count() > 1 {
        return Err(
            "is an ARN of a session: use the role, for example arn:aws:iam::111122223333:role/Platform, which includes \
             all sessions of the role",
        );
    }
    let Some(sessions) = assumed_role(&arn).filter(|_| service == "iam") else {
        return Ok(principal(entry).to_owned());
    };
    // A caller's ARN has no path, so the roles of one path cannot be matched.
    if resource.matches('/').count() > 1 && resource.ends_with("/*") {
        return Err("cannot be matched: a caller's ARN has no path; list the roles by name");
    }
    Ok(sessions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principals(entry: &str) -> Result<Principals, String> {
        Principals::parse(&[entry.to_owned()])
    }

    #[test]
    fn principals_are_users_and_roles() {
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
            let found = principals(entry).unwrap().contains(&Requester::new(caller_arn));
            assert_eq!(found, included, "{entry} {caller_arn}");
        }
    }

    #[test]
    fn too_broad_principal_is_rejected() {
        for entry in [
            "*",
            "jane",
            "arn:aws:iam::*",
            "arn:aws:iam::*:role/Operator",
            "arn:aws:iam::111111111111:role/*/Operator",
            "arn:aws:iam::111111111111:role/team/*",
            "arn:aws:s3:::111111111111:x",
        ] {
            assert!(principals(entry).is_err(), "{entry}");
        }
    }

    #[test]
    fn session_is_rejected_with_the_role() {
        for resource in ["AWSReservedSSO_Admin_0a/jane@corp.com", "Platform/jane*", "Platform/*"] {
            let error = principals(&format!("arn:aws:sts::111111111111:assumed-role/{resource}")).unwrap_err();
            assert!(error.contains("arn:aws:iam::111122223333:role/Platform"), "{error}");
        }
        assert!(principals("arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin_*").is_ok());
    }

    #[test]
    fn error_has_the_position_of_the_entry() {
        let entries = ["arn:aws:iam::111111111111:user/jane".to_owned(), "joe@example.com".to_owned()];
        assert_eq!(Principals::parse(&entries).unwrap_err(), "entry 2 is not an ARN of a user or role");
    }
}
