//! How services refuse: each in its own shape, with AWS's words.

use super::access::Decision;
use super::caller::Caller;
use crate::faults::AwsError;
use crate::wire::{AwsRequest, Protocol};

pub(super) fn of_decision(request: &AwsRequest, caller: &Caller, decision: &Decision) -> AwsError {
    let why = decision.reason.as_deref().unwrap_or_default();
    // STS does not say what a role in another account trusts.
    if decision.action == "sts:AssumeRole" && why.contains("resource-based") {
        return of_assume_role(caller, &decision.resource);
    }
    denied(request, caller, &decision.action, &decision.resource, why)
}

/// An access denied that a test asked for, before any policy was looked at.
pub(crate) fn of_fault(request: &AwsRequest, caller: &Caller, action: &str, resource: &str, by_scp: bool) -> AwsError {
    let silent = format!("because no identity-based policy allows the {action} action");
    let why = if by_scp { "with an explicit deny in a service control policy" } else { &silent };
    denied(request, caller, action, resource, why)
}

pub(crate) fn of_assume_role(caller: &Caller, role: &str) -> AwsError {
    let who = caller.arn();
    let message = format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}");
    AwsError::new(403, "AccessDenied", &message)
}

/// An access key that AWS has not given out.
pub(crate) fn of_unknown(request: &AwsRequest) -> AwsError {
    let message = "The security token included in the request is invalid.";
    match request.protocol {
        Protocol::S3 => AwsError::new(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        Protocol::Query | Protocol::S3Control => AwsError::new(403, "InvalidClientTokenId", message),
        Protocol::Ec2Query => {
            AwsError::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
        }
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => {
            AwsError::new(400, "UnrecognizedClientException", message)
        }
    }
}

fn denied(request: &AwsRequest, caller: &Caller, action: &str, resource: &str, why: &str) -> AwsError {
    let (status, code) = match (request.protocol, request.service.as_str()) {
        (_, "sns") => (403, "AuthorizationError"),
        (Protocol::Query | Protocol::S3 | Protocol::S3Control, _) => (403, "AccessDenied"),
        (Protocol::Ec2Query, _) => (403, "UnauthorizedOperation"),
        (Protocol::RestJson, _) => (403, "AccessDeniedException"),
        (Protocol::Json | Protocol::Cbor, _) => (400, "AccessDeniedException"),
    };
    let who = caller.arn();
    let message = format!("User: {who} is not authorized to perform: {action} on resource: {resource} {why}");
    AwsError::new(status, code, message.trim_end())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn request(service: &str, protocol: Protocol) -> AwsRequest {
        let (service, operation) = (service.to_owned(), "Any".to_owned());
        AwsRequest { service, operation, region: None, access_key_id: None, protocol, parameters: Value::Null }
    }

    #[test]
    fn services_refuse_each_in_its_shape() {
        let caller = Caller::root("123456789012");
        for (service, protocol, status, code) in [
            ("organizations", Protocol::Json, 400, "AccessDeniedException"),
            ("iam", Protocol::Query, 403, "AccessDenied"),
            ("sns", Protocol::Query, 403, "AuthorizationError"),
            ("s3", Protocol::S3, 403, "AccessDenied"),
            ("ec2", Protocol::Ec2Query, 403, "UnauthorizedOperation"),
            ("guardduty", Protocol::RestJson, 403, "AccessDeniedException"),
        ] {
            let error = of_fault(&request(service, protocol), &caller, "a:B", "*", true);
            assert_eq!((error.status, error.code.as_str()), (status, code), "{service}");
            let words =
                "is not authorized to perform: a:B on resource: * with an explicit deny in a service control policy";
            assert!(error.message.ends_with(words), "{}", error.message);
        }
    }

    #[test]
    fn sts_does_not_say_why_a_role_does_not_trust() {
        let role = "arn:aws:iam::111111111111:role/A";
        let decision = Decision {
            action: "sts:AssumeRole".to_owned(),
            resource: role.to_owned(),
            allowed: false,
            reason: Some("because no resource-based policy allows the sts:AssumeRole action".to_owned()),
        };
        let error = of_decision(&request("sts", Protocol::Query), &Caller::root("1"), &decision);
        let words =
            format!("User: arn:aws:iam::1:root is not authorized to perform: sts:AssumeRole on resource: {role}");
        assert_eq!(error.message, words);
    }
}
