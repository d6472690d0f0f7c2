//! Policies that many guides recommend, as counter-examples: what they break, and what they leave open.

use serde_json::json;
use vending_policies::{Cases, Chain, Content, Document, FailedCase, PolicyType, Values};

use crate::organization::{Organization, read};

/// A policy of guides, next to ours.
pub(crate) struct Guide {
    /// The name of the block on the page of the manual.
    pub(crate) name: &'static str,
    pub(crate) document: &'static str,
    /// Our policy for the same purpose.
    pub(crate) ours: &'static str,
    rows: &'static [Row],
}

/// A request: what it is for, who makes it, the action, its Region if that matters, and whether the policy of the
/// guides and ours deny it.
struct Row(&'static str, &'static str, &'static str, Option<&'static str>, bool, bool);

const GLOBAL: Option<&str> = Some("us-east-1");

const ROOT: &[Row] = &[
    Row("The root user works", "root", "s3:ListAllMyBuckets", None, true, true),
    Row(
        "AssumeRoot opens a bucket whose policy denies everyone",
        "rootSession",
        "s3:DeleteBucketPolicy",
        None,
        true,
        false,
    ),
    Row(
        "AssumeRoot opens a queue whose policy denies everyone",
        "rootSession",
        "sqs:SetQueueAttributes",
        None,
        true,
        false,
    ),
    Row("AssumeRoot deletes the password of the root user", "rootSession", "iam:DeleteLoginProfile", None, true, false),
];

const MFA: &[Row] = &[
    Row("A user who signed in with MFA", "identityCenterUser", "iam:AttachRolePolicy", None, true, false),
    Row("A pipeline", "githubRole", "iam:DeleteRole", None, true, false),
    Row("CloudFormation, by a role", "role", "iam:AttachRolePolicy", None, true, false),
    Row("The step grant-access", "AccountVending", "iam:AttachRolePolicy", None, true, false),
    Row("The step configure-github-oidc", "AccountVending", "iam:DeleteRole", None, true, false),
    Row("An IAM user with MFA", "iamUserWithMfa", "iam:AttachRolePolicy", None, false, false),
    Row("An IAM user without MFA", "iamUser", "iam:AttachRolePolicy", None, true, true),
    Row("The same, by an inline policy", "iamUser", "iam:PutRolePolicy", None, false, true),
    Row("The same, by another version", "iamUser", "iam:CreatePolicyVersion", None, false, true),
    Row("The same, by a trust policy", "iamUser", "iam:UpdateAssumeRolePolicy", None, false, true),
];

const REGIONS: &[Row] = &[
    Row("Any work in another Region", "role", "ec2:RunInstances", Some("ap-south-1"), true, true),
    Row("The global endpoint of STS", "role", "sts:GetCallerIdentity", GLOBAL, true, false),
    Row("DNS", "role", "route53:ChangeResourceRecordSets", GLOBAL, true, false),
    Row("A distribution of CloudFront", "role", "cloudfront:CreateInvalidation", GLOBAL, true, false),
    Row("Its certificate", "role", "acm:RequestCertificate", GLOBAL, true, false),
    Row("The list of buckets", "role", "s3:ListAllMyBuckets", GLOBAL, true, false),
    Row("Budgets and costs", "role", "budgets:ViewBudget", GLOBAL, true, false),
    Row("Contacts of the account", "role", "account:GetContactInformation", GLOBAL, true, false),
    Row("Health of AWS services", "role", "health:DescribeEvents", GLOBAL, true, false),
    Row("Quotas of global services", "role", "servicequotas:ListServiceQuotas", GLOBAL, true, false),
    Row("The baseline in us-east-1", "AccountVending", "ec2:DescribeVpcs", GLOBAL, true, false),
    Row("A function of Lambda@Edge", "role", "lambda:CreateFunction", GLOBAL, true, true),
];

const REGIONS_ALONE: &[Row] = &[
    Row("IAM", "role", "iam:ListRoles", GLOBAL, true, false),
    Row("The step bootstrap-role", "OrganizationAccountAccessRole", "iam:CreateRole", GLOBAL, true, false),
    Row("A support case", "role", "support:CreateCase", GLOBAL, true, false),
    Row("The organization", "role", "organizations:DescribeOrganization", GLOBAL, true, false),
];

/// Guides approve the Regions of the workloads, without us-east-1.
const APPROVED: [&str; 2] = ["eu-central-1", "eu-west-1"];

pub(crate) fn guides() -> [Guide; 4] {
    [
        Guide { name: "root", document: ROOT_DOCUMENT, ours: "deny-root-user", rows: ROOT },
        Guide { name: "mfa", document: MFA_DOCUMENT, ours: "mfa-for-iam-users", rows: MFA },
        Guide { name: "regions", document: REGIONS_DOCUMENT, ours: "approved-regions", rows: REGIONS },
        Guide {
            name: "regions without exemptions",
            document: REGIONS_ALONE_DOCUMENT,
            ours: "approved-regions",
            rows: REGIONS_ALONE,
        },
    ]
}

const ROOT_DOCUMENT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": { "StringLike": { "aws:PrincipalArn": "arn:aws:iam::*:root" } }
  }
}"#;

const MFA_DOCUMENT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Deny",
    "Action": ["iam:AttachRolePolicy", "iam:DeletePolicy", "iam:DeleteRole"],
    "Resource": "*",
    "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } }
  }
}"#;

const REGIONS_DOCUMENT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Deny",
    "NotAction": ["iam:*", "organizations:*", "support:*"],
    "Resource": "*",
    "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["eu-central-1", "eu-west-1"] } }
  }
}"#;

const REGIONS_ALONE_DOCUMENT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": { "StringNotEquals": { "aws:RequestedRegion": ["eu-central-1", "eu-west-1"] } }
  }
}"#;

impl Guide {
    /// The table of the manual: what each policy decides.
    pub(crate) fn table(&self) -> String {
        let (theirs, ours) = (self.chain(), self.our_chain());
        let row = |row: &Row| {
            let Row(what, who, action, region, ..) = row;
            let place = region.map(|region| format!(" in {region}")).unwrap_or_default();
            let [theirs, ours] = [&theirs, &ours].map(|chain| if row.is_denied(chain) { "denied" } else { "allowed" });
            format!("| {what} | `{who}` | `{action}`{place} | {theirs} | {ours} |\n")
        };
        let rows: String = self.rows.iter().map(row).collect();
        format!("| Request | `who` | Action | In guides | Here |\n|---|---|---|---|---|\n{rows}")
    }

    fn chain(&self) -> Chain {
        Chain::alone(Content::existing(self.name, PolicyType::Scp, self.document).unwrap())
    }

    /// Ours with the same Regions.
    fn our_chain(&self) -> Chain {
        let values = Values { governed_regions: APPROVED.map(str::to_owned).to_vec(), ..Organization::read().values };
        let text = read(&format!("organization/policies/{}.json", self.ours));
        let document = Document::parse(self.ours, PolicyType::Scp, &text).unwrap();
        Chain::alone(document.fill(&values).unwrap())
    }
}

impl Row {
    fn is_denied(&self, chain: &Chain) -> bool {
        let Self(_, who, does, region, ..) = self;
        let with = region.map_or_else(|| json!({}), |region| json!({ "aws:RequestedRegion": region }));
        let case = json!({ "who": who, "does": does, "with": with, "is": "allowed", "because": "it is tried" });
        let cases = json!({ "why": "a", "breaks": "b", "cases": [case] }).to_string();
        let failed: Vec<FailedCase> =
            chain.try_cases(&Cases::parse("guide", &cases).unwrap(), &Values::default()).unwrap();
        !failed.is_empty()
    }
}

#[test]
fn policies_of_guides_break_what_is_listed() {
    for guide in guides() {
        let (theirs, ours) = (guide.chain(), guide.our_chain());
        for row @ Row(what, who, action, _, denied_by_theirs, denied_by_ours) in guide.rows {
            let found = (row.is_denied(&theirs), row.is_denied(&ours));
            assert_eq!(found, (*denied_by_theirs, *denied_by_ours), "{}: {what}: {who} {action}", guide.name);
        }
    }
}

/// Someone who puts a policy of a guide into `policies/` is told what it breaks: our cases fail.
#[test]
fn our_cases_reject_the_policies_of_guides() {
    let organization = Organization::read();
    for guide in guides() {
        let failed = guide.chain().try_cases(&organization.cases[guide.ours], &organization.values).unwrap();
        assert!(!failed.is_empty(), "{}", guide.name);
    }
}
