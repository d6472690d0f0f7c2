//! Access denied errors in the format of each service.

use local_cloud::strict::Decision;

use super::caller::Caller;
use crate::wire::{AwsError, AwsRequest, Protocol};

pub(super) fn for_decision(request: &AwsRequest, caller: &Caller, decision: &Decision) -> AwsError {
    let reason = decision.reason.as_deref().unwrap_or_default();
    // For another account, STS does not give a reason.
    if decision.action == "sts:AssumeRole" && reason.contains("resource-based") {
        return for_assume_role(caller, &decision.resource);
    }
    denied(request, caller, &decision.action, &decision.resource, reason)
}

/// For a denial that a fault rule injects.
pub(crate) fn for_fault(request: &AwsRequest, caller: &Caller, action: &str, resource: &str, by_scp: bool) -> AwsError {
    let implicit = format!("because no identity-based policy allows the {action} action");
    let reason = if by_scp { "with an explicit deny in a service control policy" } else { &implicit };
    denied(request, caller, action, resource, reason)
}

pub(crate) fn for_assume_role(caller: &Caller, role: &str) -> AwsError {
    let principal = caller.arn();
    let message = format!("User: {principal} is not authorized to perform: sts:AssumeRole on resource: {role}");
    AwsError::new(403, "AccessDenied", &message)
}

/// For an access key that does not exist.
pub(crate) fn for_unknown_key(request: &AwsRequest) -> AwsError {
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

fn denied(request: &AwsRequest, caller: &Caller, action: &str, resource: &str, reason: &str) -> AwsError {
    let (status, code) = match (request.protocol, request.service.as_str()) {
        (_, "sns") => (403, "AuthorizationError"),
        (Protocol::Query | Protocol::S3 | Protocol::S3Control, _) => (403, "AccessDenied"),
        (Protocol::Ec2Query, _) => (403, "UnauthorizedOperation"),
        (Protocol::RestJson, _) => (403, "AccessDeniedException"),
        (Protocol::Json | Protocol::Cbor, _) => (400, "AccessDeniedException"),
    };
    let principal = caller.arn();
    let message = format!("User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}");
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
    fn denials_have_the_format_of_the_service() {
        let caller = Caller::root("123456789012");
        for (service, protocol, status, code) in [
            ("organizations", Protocol::Json, 400, "AccessDeniedException"),
            ("iam", Protocol::Query, 403, "AccessDenied"),
            ("sns", Protocol::Query, 403, "AuthorizationError"),
            ("s3", Protocol::S3, 403, "AccessDenied"),
            ("ec2", Protocol::Ec2Query, 403, "UnauthorizedOperation"),
            ("guardduty", Protocol::RestJson, 403, "AccessDeniedException"),
        ] {
            let error = for_fault(&request(service, protocol), &caller, "a:B", "*", true);
            assert_eq!((error.status, error.code.as_str()), (status, code), "{service}");
            let expected =
                "is not authorized to perform: a:B on resource: * with an explicit deny in a service control policy";
            assert!(error.message.ends_with(expected), "{}", error.message);
        }
    }

    #[test]
    fn sts_denial_has_no_reason() {
        let role = "arn:aws:iam::111111111111:role/A";
        let decision = Decision {
            action: "sts:AssumeRole".to_owned(),
            resource: role.to_owned(),
            allowed: false,
            reason: Some("because no resource-based policy allows the sts:AssumeRole action".to_owned()),
        };
        let error = for_decision(&request("sts", Protocol::Query), &Caller::root("1"), &decision);
        let expected =
            format!("User: arn:aws:iam::1:root is not authorized to perform: sts:AssumeRole on resource: {role}");
        assert_eq!(error.message, expected);
    }
}
