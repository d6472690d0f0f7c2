//! What a call asks of IAM: an action or more, and the resources that they are on.

mod baseline;

use serde_json::{Value, json};

use super::caller::Caller;
use super::context::{Keys, tags};
use super::{arns, library::Library};
use crate::emulators::Emulator;
use crate::wire::AwsRequest;

/// One action on one resource, or on none of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ask {
    pub(super) action: String,
    pub(super) resource: Option<String>,
    /// Beside those of the whole call.
    pub(super) keys: Keys,
}

impl Ask {
    fn new(action: &str, resource: Option<String>) -> Self {
        Self { action: action.to_owned(), resource, keys: Keys::new() }
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.keys.insert(key.to_owned(), json!(value));
        self
    }
}

/// What the resources of a call are told from.
pub(super) struct Scene<'a> {
    pub(super) request: &'a AwsRequest,
    pub(super) caller: &'a Caller,
    pub(super) management_account: &'a str,
    /// The organization's id.
    pub(super) organization: &'a str,
    pub(super) library: &'a Library,
}

impl Scene<'_> {
    /// Nothing, of a call that everybody may make.
    pub(super) async fn asks(&self) -> Vec<Ask> {
        match self.request.service.as_str() {
            "unsigned" => Vec::new(),
            "organizations" => self.of_organizations(),
            "sts" => self.of_sts(),
            "iam" => self.of_iam().await,
            "config" => self.of_config(),
            "s3" => self.of_s3(),
            "events" => self.of_events(),
            "access-analyzer" => self.of_access_analyzer(),
            "account" => vec![self.of_account()],
            "budgets" => vec![self.of_budgets()],
            "ec2" => self.of_ec2(),
            "identitystore" => self.of_identity_store(),
            "s3-control" => vec![self.of_s3_control()],
            "servicequotas" => vec![self.of_service_quotas()],
            "sso" => self.of_sso(),
            _ => vec![Ask::new(&self.action(), self.resource())],
        }
    }

    /// As IAM writes it, for most services.
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

    /// Of services in which one parameter names it.
    fn resource(&self) -> Option<String> {
        let request = self.request;
        match request.service.as_str() {
            "cloudtrail" => {
                let name = ["Name", "TrailName"].into_iter().find_map(|field| request.text(field))?;
                Some(arns::of_trail(self.region(), &self.caller.account, name))
            }
            "states" => {
                let fields = ["stateMachineArn", "executionArn"];
                fields.into_iter().find_map(|field| request.text(field)).map(str::to_owned)
            }
            "sns" => {
                let fields = ["TopicArn", "TargetArn"];
                fields.into_iter().find_map(|field| request.text(field)).map(str::to_owned)
            }
            "sqs" => {
                let url = request.text("QueueUrl")?;
                Some(arns::of_queue(self.region(), &self.caller.account, url))
            }
            "lambda" => self.function(),
            _ => None,
        }
    }

    fn function(&self) -> Option<String> {
        let path = self.request.text("path")?;
        let name = path.split("/functions/").nth(1)?.split('/').next()?;
        let name = name.rsplit(":function:").next()?.rsplit("%3Afunction%3A").next()?;
        Some(format!("arn:aws:lambda:{}:{}:function:{name}", self.region(), self.caller.account))
    }

    fn of_organizations(&self) -> Vec<Ask> {
        let (request, action) = (self.request, self.action());
        let fields: &[&str] = match request.operation.as_str() {
            "DescribeAccount" | "CloseAccount" => &["AccountId"],
            "MoveAccount" => &["AccountId", "SourceParentId", "DestinationParentId"],
            "DescribeOrganizationalUnit" => &["OrganizationalUnitId"],
            "ListTagsForResource" | "TagResource" | "UntagResource" => &["ResourceId"],
            "AttachPolicy" | "DetachPolicy" => &["PolicyId", "TargetId"],
            "DescribePolicy" | "UpdatePolicy" | "DeletePolicy" => &["PolicyId"],
            _ => &[],
        };
        let named = fields.iter().filter_map(|field| request.text(field));
        let mut asks: Vec<Ask> = named.map(|id| Ask::new(&action, Some(self.in_organization(id)))).collect();
        if asks.is_empty() {
            asks.push(Ask::new(&action, None));
        }
        if request.operation == "CreateAccount" && !tags(&request.parameters).is_empty() {
            asks.push(Ask::new("organizations:TagResource", Some(self.in_organization("*"))));
        }
        asks
    }

    fn in_organization(&self, id: &str) -> String {
        arns::of_organization(self.management_account, self.organization, id)
    }

    fn of_sts(&self) -> Vec<Ask> {
        let request = self.request;
        if request.operation != "AssumeRole" {
            return Vec::new();
        }
        let role = request.text("RoleArn").map(str::to_owned);
        let mut asks = vec![Ask::new("sts:AssumeRole", role.clone())];
        if !tags(&request.parameters).is_empty() {
            asks.push(Ask::new("sts:TagSession", role.clone()));
        }
        if request.text("SourceIdentity").is_some() {
            asks.push(Ask::new("sts:SetSourceIdentity", role));
        }
        asks
    }

    async fn of_iam(&self) -> Vec<Ask> {
        let (request, action, account) = (self.request, self.action(), &self.caller.account);
        if request.operation == "CreateServiceLinkedRole" {
            return vec![Ask::new(&action, request.text("AWSServiceName").map(|name| linked_role(account, name)))];
        }
        if request.operation.contains("OpenIDConnectProvider") {
            return self.of_openid_connect(&action);
        }
        let Some(role) = request.text("RoleName") else {
            return vec![Ask::new(&action, request.text("PolicyArn").map(str::to_owned))];
        };
        let arn = if request.operation == "CreateRole" {
            arns::of_role(account, request.text("Path").unwrap_or("/"), role)
        } else {
            // IAM knows no path of a role that is not there.
            let known = self.library.role(Emulator::Aws, account, role).await;
            known.map_or_else(|| arns::of_role(account, "/", role), |known| known.arn)
        };
        let mut asks = vec![Ask::new(&action, Some(arn.clone()))];
        if request.operation == "CreateRole" && !tags(&request.parameters).is_empty() {
            asks.push(Ask::new("iam:TagRole", Some(arn)));
        }
        asks
    }

    fn of_config(&self) -> Vec<Ask> {
        let mut asks = vec![Ask::new(&self.action(), None)];
        let recorder = &self.request.parameters["ConfigurationRecorder"];
        if let Some(role) = ["roleARN", "roleArn"].into_iter().find_map(|field| recorder[field].as_str()) {
            let pass = Ask::new("iam:PassRole", Some(role.to_owned()));
            asks.push(pass.with("iam:PassedToService", "config.amazonaws.com"));
        }
        asks
    }

    fn of_s3(&self) -> Vec<Ask> {
        let request = self.request;
        let action = match request.operation.as_str() {
            "HeadObject" | "GetObject" if request.text("versionId").is_some() => "GetObjectVersion",
            "HeadObject" => "GetObject",
            "HeadBucket" | "ListObjects" | "ListObjectsV2" => "ListBucket",
            "ListObjectVersions" => "ListBucketVersions",
            "ListBuckets" => "ListAllMyBuckets",
            "DeleteObjects" => "DeleteObject",
            "CopyObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
            operation => operation,
        };
        let object = request.text("Key").map(|key| format!("/{key}")).unwrap_or_default();
        let resource = request.text("Bucket").map(|bucket| format!("arn:aws:s3:::{bucket}{object}"));
        vec![Ask::new(&format!("s3:{action}"), resource)]
    }

    fn of_events(&self) -> Vec<Ask> {
        let bus = |name: &str| arns::of_bus(self.region(), &self.caller.account, name);
        if self.request.operation != "PutEvents" {
            return vec![Ask::new(&self.action(), None)];
        }
        let entries = self.request.parameters["Entries"].as_array().into_iter().flatten();
        let name = |entry: &Value| entry["EventBusName"].as_str().unwrap_or("default").to_owned();
        entries.map(|entry| Ask::new("events:PutEvents", Some(bus(&name(entry))))).collect()
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
    arns::of_role(account, &format!("/aws-service-role/{service}/"), name)
}

#[cfg(test)]
mod tests;
