//! Creates the organization of the local cloud: OUs, log buckets, and an organization trail. A second run changes
//! nothing.

use anyhow::{Context, Result, bail};
use local_cloud::{AwsClient, JsonService, REGION};
use serde_json::{Value, json};

use crate::names::TRAIL;

pub(crate) const ORGANIZATIONS: JsonService<'_> =
    JsonService { name: "organizations", target: "AWSOrganizationsV20161128" };
const CLOUDTRAIL: JsonService<'_> =
    JsonService { name: "cloudtrail", target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" };

/// Parents come before their children.
pub(crate) const ORGANIZATIONAL_UNITS: [&str; 6] =
    ["Security", "Infrastructure", "Sandbox", "Workloads", "Workloads/Development", "Workloads/Production"];

#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) management_account_id: String,
}

impl Organization {
    pub(crate) fn trail_bucket(&self) -> String {
        format!("org-trail-{}", self.management_account_id)
    }

    pub(crate) fn config_bucket(&self) -> String {
        format!("org-config-{}", self.management_account_id)
    }
}

pub(crate) fn converge(aws: &AwsClient) -> Result<Organization> {
    let organization = find_or_create(aws).context("find or create the organization")?;
    create_organizational_units(aws).context("create the organizational units")?;
    create_buckets(aws, &organization).context("create the log buckets")?;
    start_trail(aws, &organization).context("start the organization trail")?;
    Ok(organization)
}

fn find_or_create(aws: &AwsClient) -> Result<Organization> {
    let response = match aws.json(&ORGANIZATIONS, "DescribeOrganization", &json!({})) {
        Err(error) if error.to_string().contains("AWSOrganizationsNotInUseException") => {
            aws.json(&ORGANIZATIONS, "CreateOrganization", &json!({ "FeatureSet": "ALL" }))?
        }
        response => response?,
    };
    let organization = &response["Organization"];
    if organization["FeatureSet"] != "ALL" {
        bail!(
            "the organization at this endpoint has no SCPs: its feature set is {}, expected ALL",
            organization["FeatureSet"]
        );
    }
    Ok(Organization {
        id: string_field(organization, "Id")?,
        management_account_id: string_field(organization, "MasterAccountId")?,
    })
}

/// A string field that a response must have.
pub(crate) fn string_field(value: &Value, field: &str) -> Result<String> {
    value[field].as_str().map(str::to_owned).with_context(|| format!("the response has no {field}: {value}"))
}

fn create_organizational_units(aws: &AwsClient) -> Result<()> {
    let roots = aws.json(&ORGANIZATIONS, "ListRoots", &json!({}))?;
    let root = string_field(&roots["Roots"][0], "Id")?;
    for path in ORGANIZATIONAL_UNITS {
        let mut parent = root.clone();
        for name in path.split('/') {
            parent = find_or_create_unit(aws, &parent, name).with_context(|| path.to_owned())?;
        }
    }
    Ok(())
}

fn find_or_create_unit(aws: &AwsClient, parent: &str, name: &str) -> Result<String> {
    let listing = (&ORGANIZATIONS, "ListOrganizationalUnitsForParent");
    let children = json!({ "ParentId": parent });
    if let Some(unit) = aws.find(listing, children, "OrganizationalUnits", |unit| unit["Name"] == name)? {
        return string_field(&unit, "Id");
    }
    let input = json!({ "ParentId": parent, "Name": name });
    string_field(&aws.json(&ORGANIZATIONS, "CreateOrganizationalUnit", &input)?["OrganizationalUnit"], "Id")
}

fn create_buckets(aws: &AwsClient, organization: &Organization) -> Result<()> {
    for (bucket, policy) in [
        (organization.trail_bucket(), trail_bucket_policy(organization)),
        (organization.config_bucket(), config_bucket_policy(organization)),
    ] {
        aws.create_bucket(&bucket)?;
        aws.put_bucket_policy(&bucket, &policy)?;
    }
    Ok(())
}

/// CloudTrail writes the logs of the management account under its account ID, and those of members under the
/// organization ID.
fn trail_bucket_policy(organization: &Organization) -> Value {
    let account = &organization.management_account_id;
    let bucket = format!("arn:aws:s3:::{}", organization.trail_bucket());
    let trail = json!({ "aws:SourceArn": format!("arn:aws:cloudtrail:{REGION}:{account}:trail/{TRAIL}") });
    let put = |sid: &str, folder: &str| {
        let mut equals = trail.clone();
        equals["s3:x-amz-acl"] = "bucket-owner-full-control".into();
        json!({
            "Sid": sid, "Effect": "Allow", "Principal": { "Service": "cloudtrail.amazonaws.com" },
            "Action": "s3:PutObject", "Resource": format!("{bucket}/AWSLogs/{folder}/*"),
            "Condition": { "StringEquals": equals },
        })
    };
    json!({ "Version": "2012-10-17", "Statement": [
        {
            "Sid": "AWSCloudTrailAclCheck20150319", "Effect": "Allow",
            "Principal": { "Service": "cloudtrail.amazonaws.com" },
            "Action": "s3:GetBucketAcl", "Resource": bucket, "Condition": { "StringEquals": trail },
        },
        put("AWSCloudTrailWrite20150319", account),
        put("AWSCloudTrailOrganizationWrite20150319", &organization.id),
    ]})
}

/// The policy of docs/src/deploy/prerequisites.md. The condition on `aws:SourceOrgID` lets every account of the
/// organization deliver, including future ones. AWS Config checks the bucket without it.
fn config_bucket_policy(organization: &Organization) -> Value {
    let bucket = format!("arn:aws:s3:::{}", organization.config_bucket());
    json!({ "Version": "2012-10-17", "Statement": [
        {
            "Sid": "ConfigBucketCheck", "Effect": "Allow", "Principal": { "Service": "config.amazonaws.com" },
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"], "Resource": bucket,
        },
        {
            "Sid": "ConfigBucketDelivery", "Effect": "Allow", "Principal": { "Service": "config.amazonaws.com" },
            "Action": "s3:PutObject", "Resource": format!("{bucket}/AWSLogs/*/Config/*"),
            "Condition": { "StringEquals": {
                "aws:SourceOrgID": organization.id, "s3:x-amz-acl": "bucket-owner-full-control",
            } },
        },
    ]})
}

fn start_trail(aws: &AwsClient, organization: &Organization) -> Result<()> {
    for service in ["cloudtrail.amazonaws.com", "account.amazonaws.com"] {
        aws.json(&ORGANIZATIONS, "EnableAWSServiceAccess", &json!({ "ServicePrincipal": service }))?;
    }
    let found = aws.json(&CLOUDTRAIL, "DescribeTrails", &json!({ "trailNameList": [TRAIL] }))?;
    if found["trailList"].as_array().is_none_or(Vec::is_empty) {
        let trail = json!({
            "Name": TRAIL, "S3BucketName": organization.trail_bucket(), "IsMultiRegionTrail": true,
            "IsOrganizationTrail": true, "IncludeGlobalServiceEvents": true, "EnableLogFileValidation": true,
        });
        aws.json(&CLOUDTRAIL, "CreateTrail", &trail)?;
    }
    aws.json(&CLOUDTRAIL, "StartLogging", &json!({ "Name": TRAIL }))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization() -> Organization {
        Organization { id: "o-abc".into(), management_account_id: "123456789012".into() }
    }

    #[test]
    fn trail_bucket_trusts_only_the_trail() {
        let policy = trail_bucket_policy(&organization());
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 3);
        for statement in statements {
            let source = &statement["Condition"]["StringEquals"]["aws:SourceArn"];
            assert_eq!(source, "arn:aws:cloudtrail:us-east-1:123456789012:trail/organization-trail");
        }
        assert_eq!(statements[2]["Resource"], "arn:aws:s3:::org-trail-123456789012/AWSLogs/o-abc/*");
    }

    #[test]
    fn config_bucket_accepts_only_the_organization() {
        let policy = config_bucket_policy(&organization());
        let delivery = &policy["Statement"][1];
        assert_eq!(delivery["Action"], "s3:PutObject");
        assert_eq!(delivery["Condition"]["StringEquals"]["aws:SourceOrgID"], "o-abc");
    }
}
