//! What a company has around its accounts: a security account, IAM Identity Center, a cost anomaly monitor, a
//! break-glass role, a state machine of its own. Safe to run twice.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::aws::{Client, JsonService, ORGANIZATIONS, text};
use crate::deploy::STACK_NAME;
use crate::organization::Organization;
use crate::sigv4::REGION;

pub(crate) const GOVERNED_REGIONS: [&str; 3] = [REGION, "eu-central-1", "eu-west-1"];
pub(crate) const BREAK_GLASS_ROLE: &str = "break-glass";
/// The unit whose accounts get everything that there is.
pub(crate) const FULL_UNIT: &str = "Workloads/Production";
const SECURITY_EMAIL: &str = "aws+security@example.com";
const GROUP: &str = "payments-developers";
const USER: &str = "lead@example.com";
const PERMISSION_SETS: [&str; 2] = ["PowerUserAccess", "ViewOnlyAccess"];
const CUSTOMIZATION: &str = "customize-account";

const COST_EXPLORER: JsonService = JsonService { name: "ce", target: "AWSInsightsIndexService" };
const IDENTITY_STORE: JsonService = JsonService { name: "identitystore", target: "AWSIdentityStore" };
const SSO_ADMIN: JsonService = JsonService { name: "sso", target: "SWBExternalService" };
const STEP_FUNCTIONS: JsonService = JsonService { name: "states", target: "AWSStepFunctions" };

/// What the stack's parameters name of it.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) security_account_id: String,
    pub(crate) customization_arn: String,
}

/// `aws` answers for the management account; `moto` for any account.
pub(crate) fn converge(aws: &Client, moto: &Client, organization: &Organization) -> Result<Surroundings> {
    let management = &organization.management_account_id;
    let security_account_id = find_or_create_security_account(moto).context("find or create the security account")?;
    let security = moto.as_account(&security_account_id);
    create_vending_role(&security, management).context("create the vending role of the security account")?;
    for region in GOVERNED_REGIONS {
        watch(&security.in_region(region)).with_context(|| format!("set the security services up in {region}"))?;
        delegate(&aws.in_region(region), &security_account_id).with_context(|| format!("delegate them in {region}"))?;
        let analyzer = json!({ "analyzerName": "organization", "type": "ORGANIZATION" });
        // An account's id is the access key of its root.
        let security = aws.with_key(&security_account_id).in_region(region);
        unless(security.rest("access-analyzer", "PUT", "/analyzer", Some(&analyzer)), "ConflictException")
            .with_context(|| format!("create the organization's analyzer in {region}"))?;
    }
    create_role(aws, BREAK_GLASS_ROLE, "/", &trust(management, "*")).context("create the break-glass role")?;
    watch_costs(aws).context("create the cost anomaly monitor")?;
    set_identity_center_up(aws).context("set IAM Identity Center up")?;
    let customization_arn = format!("arn:aws:states:{REGION}:{management}:stateMachine:{CUSTOMIZATION}");
    Ok(Surroundings { security_account_id, customization_arn })
}

fn find_or_create_security_account(moto: &Client) -> Result<String> {
    let is_it = |account: &Value| account["Email"] == SECURITY_EMAIL;
    if let Some(account) = moto.find((&ORGANIZATIONS, "ListAccounts"), json!({}), "Accounts", is_it)? {
        return text(&account, "Id");
    }
    let account = json!({ "AccountName": "security-tooling", "Email": SECURITY_EMAIL });
    let created = moto.json(&ORGANIZATIONS, "CreateAccount", &account)?;
    text(&created["CreateAccountStatus"], "AccountId")
}

/// As bootstrap-role makes it in an account that is adopted.
fn create_vending_role(security: &Client, management: &str) -> Result<()> {
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

fn create_role(aws: &Client, name: &str, path: &str, trust: &Value) -> Result<()> {
    let parameters = [("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", &trust.to_string())];
    unless(aws.iam("CreateRole", &parameters), "EntityAlreadyExists")
}

/// GuardDuty and Security Hub of the delegated administrator, in one region.
fn watch(security: &Client) -> Result<()> {
    let found = security.rest("guardduty", "GET", "/detector", None)?;
    if found["detectorIds"].as_array().is_none_or(Vec::is_empty) {
        security.rest("guardduty", "POST", "/detector", Some(&json!({ "enable": true })))?;
    }
    unless(security.rest("securityhub", "POST", "/accounts", Some(&json!({}))), "ResourceConflictException")
}

/// From then on the security account enrols members without asking them.
fn delegate(aws: &Client, security_account_id: &str) -> Result<()> {
    let guardduty = json!({ "adminAccountId": security_account_id });
    unless(aws.rest("guardduty", "POST", "/admin/enable", Some(&guardduty)), "already")?;
    let security_hub = json!({ "AdminAccountId": security_account_id });
    unless(aws.rest("securityhub", "POST", "/organization/admin/enable", Some(&security_hub)), "already")
}

fn watch_costs(aws: &Client) -> Result<()> {
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

fn set_identity_center_up(aws: &Client) -> Result<()> {
    let instances = aws.json(&SSO_ADMIN, "ListInstances", &json!({}))?;
    let instance = &instances["Instances"][0];
    let (arn, store) = (text(instance, "InstanceArn")?, text(instance, "IdentityStoreId")?);
    for name in PERMISSION_SETS {
        // Without a duration moto answers a number, where AWS answers a text.
        let set = json!({ "InstanceArn": arn, "Name": name, "SessionDuration": "PT1H" });
        unless(aws.json(&SSO_ADMIN, "CreatePermissionSet", &set), "ConflictException")?;
    }
    let group = json!({ "IdentityStoreId": store, "DisplayName": GROUP });
    unless(aws.json(&IDENTITY_STORE, "CreateGroup", &group), "ConflictException")?;
    let user = json!({
        "IdentityStoreId": store, "UserName": USER, "DisplayName": "Lead",
        "Name": { "GivenName": "Lee", "FamilyName": "Lead" }, "Emails": [{ "Value": USER, "Primary": true }],
    });
    unless(aws.json(&IDENTITY_STORE, "CreateUser", &user), "ConflictException")
}

/// A state machine that does nothing to the account; it stands on the platform, as the stack does.
pub(crate) fn create_customization(platform: &Client, surroundings: &Surroundings) -> Result<()> {
    let done = json!({ "Type": "Pass", "End": true });
    let definition = json!({ "StartAt": "Customized", "States": { "Customized": done } });
    let (_, account) = surroundings.customization_arn.split_once(&format!("{REGION}:")).unwrap_or_default();
    let account = account.split(':').next().unwrap_or_default();
    let states = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "states.amazonaws.com" },
    }]});
    create_role(platform, CUSTOMIZATION, "/", &states)?;
    let machine = json!({
        "name": CUSTOMIZATION, "definition": definition.to_string(),
        "roleArn": format!("arn:aws:iam::{account}:role/{CUSTOMIZATION}"),
    });
    unless(platform.json(&STEP_FUNCTIONS, "CreateStateMachine", &machine), "StateMachineAlreadyExists")
}

/// What is there already is fine.
fn unless<T>(done: Result<T>, code: &str) -> Result<()> {
    match done {
        Err(error) if !format!("{error:#}").contains(code) => Err(error),
        _ => Ok(()),
    }
}
