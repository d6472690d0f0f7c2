//! What the vending role may do in the account.

use serde_json::{Value, json};
use vending_core::AccountId;

/// All that the baseline and access steps do. Each of them narrows its session further, to its own actions.
#[derive(Clone, Copy, Debug)]
pub struct Permissions<'a> {
    pub account: &'a AccountId,
    /// The managed policy that bounds every role of a GitHub repository.
    pub github_boundary: &'a str,
    /// The role of AWS Organizations, where its trust is to be narrowed.
    pub closed_role: Option<&'a str>,
}

impl Permissions<'_> {
    pub fn document(&self) -> Value {
        let statements = [
            self.services(),
            self.service_linked_roles(),
            self.default_vpcs(),
            self.trail(),
            self.access_roles(),
            self.github(),
            self.way_in(),
        ];
        json!({ "Version": "2012-10-17", "Statement": statements.concat() })
    }

    /// Of services that have no resources to narrow these to, or all of whose resources are meant.
    fn services(&self) -> Vec<Value> {
        vec![
            allow(
                "Config",
                &[
                    "config:DescribeConfigurationRecorders",
                    "config:DescribeConfigurationRecorderStatus",
                    "config:DescribeDeliveryChannels",
                    "config:PutConfigurationRecorder",
                    "config:PutDeliveryChannel",
                    "config:StartConfigurationRecorder",
                ],
                "*",
            ),
            allow(
                "AccountSettings",
                &[
                    "iam:CreateAccountAlias",
                    "iam:GetAccountPasswordPolicy",
                    "iam:ListAccountAliases",
                    "iam:ListRoles",
                    "iam:UpdateAccountPasswordPolicy",
                    "s3:GetAccountPublicAccessBlock",
                    "s3:PutAccountPublicAccessBlock",
                ],
                "*",
            ),
            allow("SeeAnalyzers", &["access-analyzer:ListAnalyzers"], "*"),
            allow(
                "Analyzers",
                &["access-analyzer:CreateAnalyzer"],
                format!("arn:aws:access-analyzer:*:{}:analyzer/account-vending", self.account),
            ),
            allow(
                "ComputeSettings",
                &[
                    "ec2:EnableEbsEncryptionByDefault",
                    "ec2:EnableImageBlockPublicAccess",
                    "ec2:EnableSnapshotBlockPublicAccess",
                    "ec2:GetEbsEncryptionByDefault",
                    "ec2:GetImageBlockPublicAccessState",
                    "ec2:GetInstanceMetadataDefaults",
                    "ec2:GetSnapshotBlockPublicAccessState",
                    "ec2:ModifyInstanceMetadataDefaults",
                ],
                "*",
            ),
            // In the account that is their delegated administrator; elsewhere they reach no member.
            allow(
                "SecurityMembers",
                &[
                    "guardduty:CreateMembers",
                    "guardduty:GetMembers",
                    "guardduty:ListDetectors",
                    "securityhub:CreateMembers",
                    "securityhub:GetMembers",
                ],
                "*",
            ),
            // RequestServiceQuotaIncrease asks the services with these about what they have now.
            allow(
                "SeeQuotas",
                &[
                    "autoscaling:DescribeAccountLimits",
                    "cloudformation:DescribeAccountLimits",
                    "dynamodb:DescribeLimits",
                    "elasticloadbalancing:DescribeAccountLimits",
                    "iam:GetAccountSummary",
                    "kinesis:DescribeLimits",
                    "rds:DescribeAccountAttributes",
                    "route53:GetAccountLimit",
                    "servicequotas:GetAWSDefaultServiceQuota",
                    "servicequotas:GetServiceQuota",
                    "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
                ],
                "*",
            ),
            allow(
                "RequestQuotas",
                &["servicequotas:RequestServiceQuotaIncrease"],
                format!("arn:aws:servicequotas:*:{}:*/*", self.account),
            ),
        ]
    }

    fn service_linked_roles(&self) -> Vec<Value> {
        let role = |service: &str| self.iam(&format!("role/aws-service-role/{service}.amazonaws.com/*"));
        let config = role("config");
        vec![
            allow(
                "ServiceLinkedRoles",
                &["iam:CreateServiceLinkedRole"],
                json!([config, role("access-analyzer"), role("servicequotas")]),
            ),
            allow("ConfigServiceRole", &["iam:PassRole"], config),
        ]
    }

    fn default_vpcs(&self) -> Vec<Value> {
        let ec2 = |kind: &str| format!("arn:aws:ec2:*:{}:{kind}/*", self.account);
        vec![
            allow(
                "SeeDefaultVpcs",
                &[
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeRouteTables",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                ],
                "*",
            ),
            allow(
                "RemoveDefaultVpcs",
                &["ec2:DeleteInternetGateway", "ec2:DeleteSubnet", "ec2:DeleteVpc", "ec2:DetachInternetGateway"],
                json!([ec2("internet-gateway"), ec2("subnet"), ec2("vpc")]),
            ),
        ]
    }

    fn trail(&self) -> Vec<Value> {
        vec![allow(
            "Trail",
            &[
                "cloudtrail:CreateTrail",
                "cloudtrail:GetTrail",
                "cloudtrail:GetTrailStatus",
                "cloudtrail:StartLogging",
                "cloudtrail:UpdateTrail",
            ],
            format!("arn:aws:cloudtrail:*:{}:trail/account-vending", self.account),
        )]
    }

    fn access_roles(&self) -> Vec<Value> {
        let mut attach = allow("AccessPolicies", &["iam:AttachRolePolicy"], self.iam("role/account-vending/access/*"));
        attach["Condition"] = json!({ "ArnLike": { "iam:PolicyARN": "arn:aws:iam::aws:policy/*" } });
        vec![
            // IAM knows no path of a role that is not there yet.
            allow("LookForRoles", &["iam:GetRole"], self.iam("role/*")),
            allow(
                "AccessRoles",
                &[
                    "iam:CreateRole",
                    "iam:DetachRolePolicy",
                    "iam:ListAttachedRolePolicies",
                    "iam:TagRole",
                    "iam:UpdateAssumeRolePolicy",
                ],
                self.iam("role/account-vending/access/*"),
            ),
            attach,
        ]
    }

    /// A repository's role is made with its boundary, or not at all.
    fn github(&self) -> Vec<Value> {
        let roles = self.iam("role/account-vending/access/github/*");
        let mut unbounded =
            allow("NoUnboundedGithubRoles", &["iam:CreateRole", "iam:PutRolePermissionsBoundary"], &*roles);
        unbounded["Effect"] = "Deny".into();
        unbounded["Condition"] = json!({ "StringNotEquals": { "iam:PermissionsBoundary": self.github_boundary } });
        vec![
            allow(
                "GithubProvider",
                &[
                    "iam:AddClientIDToOpenIDConnectProvider",
                    "iam:CreateOpenIDConnectProvider",
                    "iam:GetOpenIDConnectProvider",
                ],
                self.iam("oidc-provider/token.actions.githubusercontent.com"),
            ),
            allow(
                "GithubRoles",
                &["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:ListRolePolicies", "iam:PutRolePermissionsBoundary"],
                roles,
            ),
            unbounded,
        ]
    }

    fn way_in(&self) -> Vec<Value> {
        let narrow = |role| allow("WayIn", &["iam:UpdateAssumeRolePolicy"], self.iam(&format!("role/{role}")));
        self.closed_role.map(narrow).into_iter().collect()
    }

    fn iam(&self, resource: &str) -> String {
        format!("arn:aws:iam::{}:{resource}", self.account)
    }
}

fn allow(sid: &str, actions: &[&str], resource: impl Into<Value>) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource.into() })
}
