//! Creates what the optional features of the stack need in an organization: a security account, IAM Identity Center, a
//! cost anomaly monitor, a break-glass role, and a customization. A second run changes nothing.

use anyhow::{Context, Result};
use local_cloud::{AwsClient, CallError, JsonService, REGION};
use serde_json::{Value, json};

use crate::names::{BREAK_GLASS_ROLE, GOVERNED_REGIONS, STACK_NAME};
use crate::organization::{ORGANIZATIONS, Organization, string_field};

const SECURITY_EMAIL: &str = "aws+security@example.com";
const GROUP: &str = "payments-developers";
const USER: &str = "lead@example.com";
const PERMISSION_SETS: [&str; 2] = ["PowerUserAccess", "ViewOnlyAccess"];
const CUSTOMIZATION: &str = "customize-account";

const COST_EXPLORER: JsonService<'_> = JsonService { name: "ce", target: "AWSInsightsIndexService" };
const IDENTITY_STORE: JsonService<'_> = JsonService { name: "identitystore", target: "AWSIdentityStore" };
const SSO_ADMIN: JsonService<'_> = JsonService { name: "sso", target: "SWBExternalService" };
const STEP_FUNCTIONS: JsonService<'_> = JsonService { name: "states", target: "AWSStepFunctions" };

/// The fixtures that the parameters of the stack name.
#[derive(Clone, Debug)]
pub(crate) struct Fixtures {
    pub(crate) security_account_id: String,
    pub(crate) customization_arn: String,
}

/// `aws` calls the management account through the proxy; `moto` can call any account.
pub(crate) fn converge(aws: &AwsClient, moto: &AwsClient, organization: &Organization) -> Result<Fixtures> {
    let management = &organization.management_account_id;
    let security_account_id = find_or_create_security_account(moto).context("find or create the security account")?;
    let security = moto.as_account(&security_account_id);
    create_vending_role(&security, management).context("create the vending role of the security account")?;
    for region in GOVERNED_REGIONS {
        enable_security_services(&security.in_region(region))
            .with_context(|| format!("set up the security services in {region}"))?;
        delegate(&aws.in_region(region), &security_account_id)
            .with_context(|| format!("delegate the security services in {region}"))?;
        let analyzer = json!({ "analyzerName": "organization", "type": "ORGANIZATION" });
        let security = aws.as_root_of(&security_account_id).in_region(region);
        ignore_error(security.rest("access-analyzer", "PUT", "/analyzer", Some(&analyzer)), "ConflictException")
            .with_context(|| format!("create the organization's analyzer in {region}"))?;
    }
    create_role(aws, BREAK_GLASS_ROLE, "/", &trust(management, "*")).context("create the break-glass role")?;
    create_cost_anomaly_monitor(aws).context("create the cost anomaly monitor")?;
    set_up_identity_center(aws).context("set up IAM Identity Center")?;
    let customization_arn = format!("arn:aws:states:{REGION}:{management}:stateMachine:{CUSTOMIZATION}");
    Ok(Fixtures { security_account_id, customization_arn })
}

fn find_or_create_security_account(moto: &AwsClient) -> Result<String> {
    let is_security = |account: &Value| account["Email"] == SECURITY_EMAIL;
    if let Some(account) = moto.find((&ORGANIZATIONS, "ListAccounts"), json!({}), "Accounts", is_security)? {
        return string_field(&account, "Id");
    }
    let account = json!({ "AccountName": "security-tooling", "Email": SECURITY_EMAIL });
    let created = moto.json(&ORGANIZATIONS, "CreateAccount", &account)?;
    string_field(&created["CreateAccountStatus"], "AccountId")
}

/// The vending role as bootstrap-role creates it in an adopted account.
fn create_vending_role(security: &AwsClient, management: &str) -> Result<()> {
    let functions = format!("arn:aws:iam::{management}:role/account-vending/{STACK_NAME}/*");
    create_role(security, "AccountVending", "/account-vending/", &trust(management, &functions))?;
    let permissions = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Resource": "*",
        "Action": [
            "access-analyzer:ListAnalyzers", "guardduty:CreateMembers", "guardduty:GetMembers",
            "guardduty:ListDetectors", "securityhub:CreateMembers", "securityhub:GetMembers",
        ],
    }]});
    let parameters =
        [("RoleName", "AccountVending"), ("PolicyName", "baseline"), ("PolicyDocument", &permissions.to_string())];
    security.iam("PutRolePolicy", &parameters)?;
    Ok(())
}

fn trust(account: &str, principals: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
        "Condition": { "ArnLike": { "aws:PrincipalArn": principals } },
    }]})
}

fn create_role(aws: &AwsClient, name: &str, path: &str, trust: &Value) -> Result<()> {
    let parameters = [("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", &trust.to_string())];
    ignore_error(aws.iam("CreateRole", &parameters), "EntityAlreadyExists")
}

/// Enables GuardDuty and Security Hub in the security account, in one Region.
fn enable_security_services(security: &AwsClient) -> Result<()> {
    let found = security.rest("guardduty", "GET", "/detector", None)?;
    if found["detectorIds"].as_array().is_none_or(Vec::is_empty) {
        security.rest("guardduty", "POST", "/detector", Some(&json!({ "enable": true })))?;
    }
    ignore_error(security.rest("securityhub", "POST", "/accounts", Some(&json!({}))), "ResourceConflictException")
}

/// Makes the security account the delegated administrator, which can enroll members without an invitation.
fn delegate(aws: &AwsClient, security_account_id: &str) -> Result<()> {
    let guardduty = json!({ "adminAccountId": security_account_id });
    ignore_error(aws.rest("guardduty", "POST", "/admin/enable", Some(&guardduty)), "already")?;
    let security_hub = json!({ "AdminAccountId": security_account_id });
    ignore_error(aws.rest("securityhub", "POST", "/organization/admin/enable", Some(&security_hub)), "already")
}

fn create_cost_anomaly_monitor(aws: &AwsClient) -> Result<()> {
    let found = aws.json(&COST_EXPLORER, "GetAnomalyMonitors", &json!({}))?;
    if found["AnomalyMonitors"].as_array().is_some_and(|monitors| !monitors.is_empty()) {
        return Ok(());
    }
    let monitor = json!({ "MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE" });
    let created = aws.json(&COST_EXPLORER, "CreateAnomalyMonitor", &json!({ "AnomalyMonitor": monitor }))?;
    let subscription = json!({
        "SubscriptionName": "platform", "MonitorArnList": [created["MonitorArn"]], "Frequency": "DAILY",
        "Subscribers": [{ "Address": "platform@example.com", "Type": "EMAIL" }],
        "ThresholdExpression": { "Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": ["100"]
        }},
    });
    aws.json(&COST_EXPLORER, "CreateAnomalySubscription", &json!({ "AnomalySubscription": subscription }))?;
    Ok(())
}

fn set_up_identity_center(aws: &AwsClient) -> Result<()> {
    let instances = aws.json(&SSO_ADMIN, "ListInstances", &json!({}))?;
    let instance = &instances["Instances"][0];
    let (arn, store) = (string_field(instance, "InstanceArn")?, string_field(instance, "IdentityStoreId")?);
    for name in PERMISSION_SETS {
        // Without a duration, moto returns a number, but AWS returns a string.
        let set = json!({ "InstanceArn": arn, "Name": name, "SessionDuration": "PT1H" });
        ignore_error(aws.json(&SSO_ADMIN, "CreatePermissionSet", &set), "ConflictException")?;
    }
    let group = json!({ "IdentityStoreId": store, "DisplayName": GROUP });
    ignore_error(aws.json(&IDENTITY_STORE, "CreateGroup", &group), "ConflictException")?;
    let user = json!({
        "IdentityStoreId": store, "UserName": USER, "DisplayName": "Lead",
        "Name": { "GivenName": "Lee", "FamilyName": "Lead" }, "Emails": [{ "Value": USER, "Primary": true }],
    });
    ignore_error(aws.json(&IDENTITY_STORE, "CreateUser", &user), "ConflictException")
}

/// Creates a customization that changes nothing, next to the stack on MiniStack.
pub(crate) fn create_customization(platform: &AwsClient, fixtures: &Fixtures) -> Result<()> {
    let done = json!({ "Type": "Pass", "End": true });
    let definition = json!({ "StartAt": "Customized", "States": { "Customized": done } });
    let (_, account) = fixtures.customization_arn.split_once(&format!("{REGION}:")).unwrap_or_default();
    let account = account.split(':').next().unwrap_or_default();
    let states = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "states.amazonaws.com" },
    }]});
    create_role(platform, CUSTOMIZATION, "/", &states)?;
    let machine = json!({
        "name": CUSTOMIZATION, "definition": definition.to_string(),
        "roleArn": format!("arn:aws:iam::{account}:role/{CUSTOMIZATION}"),
    });
    ignore_error(platform.json(&STEP_FUNCTIONS, "CreateStateMachine", &machine), "StateMachineAlreadyExists")
}

/// Ignores the error with this code, which means that the resource exists.
fn ignore_error<T>(result: Result<T, CallError>, code: &str) -> Result<()> {
    match result {
        Err(error) if !error.to_string().contains(code) => Err(error.into()),
        _ => Ok(()),
    }
}
