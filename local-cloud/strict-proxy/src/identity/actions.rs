//! The IAM actions that a call requires, and their resources.

mod baseline;

use iam_evaluation::Keys;
use serde_json::{Value, json};

use super::caller::Caller;
use super::context::tags;
use super::{arns, policy_cache::PolicyCache};
use crate::emulators::Emulator;
use crate::wire::AwsRequest;

/// An action and its resource, if it has one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RequiredAction {
    pub(super) action: String,
    pub(super) resource: Option<String>,
    /// Condition keys of this action, in addition to those of the call.
    pub(super) keys: Keys,
}

impl RequiredAction {
    fn new(action: &str, resource: Option<String>) -> Self {
        Self { action: action.to_owned(), resource, keys: Keys::new() }
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.keys.insert(key.to_owned(), json!(value));
        self
    }
}

/// What determines the required actions of a call.
pub(super) struct AuthorizationContext<'a> {
    pub(super) request: &'a AwsRequest,
    pub(super) caller: &'a Caller,
    pub(super) management_account: &'a str,
    /// The ID of the organization.
    pub(super) organization: &'a str,
    pub(super) policy_cache: &'a PolicyCache,
}

impl AuthorizationContext<'_> {
    /// Returns no actions for a call that needs no permission.
    pub(super) async fn required_actions(&self) -> Vec<RequiredAction> {
        match self.request.service.as_str() {
            "unsigned" => Vec::new(),
            "organizations" => self.for_organizations(),
            "sts" => self.for_sts(),
            "iam" => self.for_iam().await,
            "config" => self.for_config(),
            "s3" => self.for_s3(),
            "events" => self.for_events(),
            "access-analyzer" => self.for_access_analyzer(),
            "account" => vec![self.for_account()],
            "budgets" => vec![self.for_budgets()],
            "ce" => self.for_cost_explorer(),
            "ec2" => self.for_ec2(),
            "guardduty" => self.for_guardduty(),
            "identitystore" => self.for_identity_store(),
            "s3-control" => vec![self.for_s3_control()],
            "servicequotas" => vec![self.for_service_quotas()],
            "ssm" => vec![self.for_ssm()],
            "sso" => self.for_sso(),
            _ => vec![RequiredAction::new(&self.action(), self.resource())],
        }
    }

    /// The IAM action of most operations.
    fn action(&self) -> String {
        let prefix = match self.request.service.as_str() {
            "monitoring" => "cloudwatch",
            "email" => "ses",
            service => service,
        };
        let operation = match (prefix, self.request.operation.as_str()) {
            ("lambda", "Invoke") => "InvokeFunction",
            (_, operation) => operation,
        };
        format!("{prefix}:{operation}")
    }

    /// The resource of services that name it in one parameter.
    fn resource(&self) -> Option<String> {
        let request = self.request;
        match request.service.as_str() {
            "cloudtrail" => {
                let name = ["Name", "TrailName"].into_iter().find_map(|field| request.string(field))?;
                Some(arns::for_trail(self.region(), &self.caller.account, name))
            }
            "states" => {
                let fields = ["stateMachineArn", "executionArn"];
                fields.into_iter().find_map(|field| request.string(field)).map(str::to_owned)
            }
            "sns" => {
                let fields = ["TopicArn", "TargetArn"];
                fields.into_iter().find_map(|field| request.string(field)).map(str::to_owned)
            }
            "sqs" => {
                let url = request.string("QueueUrl")?;
                Some(arns::for_queue(self.region(), &self.caller.account, url))
            }
            "lambda" => self.function(),
            _ => None,
        }
    }

    fn function(&self) -> Option<String> {
        let path = self.request.string("path")?;
        let name = path.split("/functions/").nth(1)?.split('/').next()?;
        let name = name.rsplit(":function:").next()?.rsplit("%3Afunction%3A").next()?;
        Some(format!("arn:aws:lambda:{}:{}:function:{name}", self.region(), self.caller.account))
    }

    fn for_organizations(&self) -> Vec<RequiredAction> {
        let (request, action) = (self.request, self.action());
        let fields: &[&str] = match request.operation.as_str() {
            "DescribeAccount" | "CloseAccount" | "RemoveAccountFromOrganization" => &["AccountId"],
            "MoveAccount" => &["AccountId", "SourceParentId", "DestinationParentId"],
            "DescribeOrganizationalUnit" | "UpdateOrganizationalUnit" | "DeleteOrganizationalUnit" => {
                &["OrganizationalUnitId"]
            }
            "CreateOrganizationalUnit" => &["ParentId"],
            "EnablePolicyType" | "DisablePolicyType" => &["RootId"],
            "ListTagsForResource" | "TagResource" | "UntagResource" => &["ResourceId"],
            "AttachPolicy" | "DetachPolicy" => &["PolicyId", "TargetId"],
            "DescribePolicy" | "UpdatePolicy" | "DeletePolicy" => &["PolicyId"],
            _ => &[],
        };
        let named = fields.iter().filter_map(|field| request.string(field));
        let mut actions: Vec<RequiredAction> =
            named.map(|id| RequiredAction::new(&action, Some(self.in_organization(id)))).collect();
        if actions.is_empty() {
            actions.push(RequiredAction::new(&action, None));
        }
        if !tags(&request.parameters).is_empty() {
            actions.extend(self.tagging());
        }
        actions
    }

    /// Creating something with tags also tags it. Its ID is not known yet.
    fn tagging(&self) -> Option<RequiredAction> {
        let created = match self.request.operation.as_str() {
            "CreateAccount" => self.in_organization("*"),
            "CreateOrganizationalUnit" => self.in_organization("ou-*"),
            "CreatePolicy" => self.in_organization("p-*"),
            _ => return None,
        };
        Some(RequiredAction::new("organizations:TagResource", Some(created)))
    }

    fn in_organization(&self, id: &str) -> String {
        arns::for_organization(self.management_account, self.organization, id)
    }

    fn for_sts(&self) -> Vec<RequiredAction> {
        let request = self.request;
        if request.operation != "AssumeRole" {
            return Vec::new();
        }
        let role = request.string("RoleArn").map(str::to_owned);
        let mut actions = vec![RequiredAction::new("sts:AssumeRole", role.clone())];
        if !tags(&request.parameters).is_empty() {
            actions.push(RequiredAction::new("sts:TagSession", role.clone()));
        }
        if request.string("SourceIdentity").is_some() {
            actions.push(RequiredAction::new("sts:SetSourceIdentity", role));
        }
        actions
    }

    async fn for_iam(&self) -> Vec<RequiredAction> {
        let (request, action, account) = (self.request, self.action(), &self.caller.account);
        if request.operation == "CreateServiceLinkedRole" {
            return vec![RequiredAction::new(
                &action,
                request.string("AWSServiceName").map(|name| linked_role(account, name)),
            )];
        }
        if request.operation.contains("OpenIDConnectProvider") {
            return self.for_openid_connect(&action);
        }
        let Some(role) = request.string("RoleName") else {
            return vec![RequiredAction::new(&action, request.string("PolicyArn").map(str::to_owned))];
        };
        let arn = if request.operation == "CreateRole" {
            arns::for_role(account, request.string("Path").unwrap_or("/"), role)
        } else {
            // IAM does not know the path of a role that does not exist.
            let known = self.policy_cache.role(Emulator::Aws, account, role).await;
            known.map_or_else(|| arns::for_role(account, "/", role), |known| known.arn)
        };
        let mut actions = vec![RequiredAction::new(&action, Some(arn.clone()))];
        if request.operation == "CreateRole" && !tags(&request.parameters).is_empty() {
            actions.push(RequiredAction::new("iam:TagRole", Some(arn)));
        }
        actions
    }

    fn for_s3(&self) -> Vec<RequiredAction> {
        let request = self.request;
        let action = match request.operation.as_str() {
            "HeadObject" | "GetObject" if request.string("versionId").is_some() => "GetObjectVersion",
            "HeadObject" => "GetObject",
            "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
            "ListObjectVersions" => "ListBucketVersions",
            "ListBuckets" => "ListAllMyBuckets",
            "DeleteObjects" => "DeleteObject",
            "CopyObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
            operation => operation,
        };
        let object = request.string("Key").map(|key| format!("/{key}")).unwrap_or_default();
        let resource = request.string("Bucket").map(|bucket| format!("arn:aws:s3:::{bucket}{object}"));
        vec![RequiredAction::new(&format!("s3:{action}"), resource)]
    }

    fn for_events(&self) -> Vec<RequiredAction> {
        let bus = |name: &str| arns::for_bus(self.region(), &self.caller.account, name);
        if self.request.operation != "PutEvents" {
            return vec![RequiredAction::new(&self.action(), None)];
        }
        let entries = self.request.parameters["Entries"].as_array().into_iter().flatten();
        let name = |entry: &Value| entry["EventBusName"].as_str().unwrap_or("default").to_owned();
        entries.map(|entry| RequiredAction::new("events:PutEvents", Some(bus(&name(entry))))).collect()
    }

    fn region(&self) -> &str {
        self.request.region.as_deref().unwrap_or("us-east-1")
    }
}

fn linked_role(account: &str, service: &str) -> String {
    let name = match service {
        "access-analyzer.amazonaws.com" => "AWSServiceRoleForAccessAnalyzer",
        "config.amazonaws.com" => "AWSServiceRoleForConfig",
        _ => "*",
    };
    arns::for_role(account, &format!("/aws-service-role/{service}/"), name)
}

#[cfg(test)]
mod tests;
