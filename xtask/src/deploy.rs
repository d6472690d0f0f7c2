//! Deploys template.yaml to the local platform with the SAM CLI, as anybody deploys it to AWS.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::aws::Client;
use crate::command::run_logged;
use crate::organization::{Organization, TRAIL};
use crate::paths;
use crate::progress::say;
use crate::sigv4::REGION;
use crate::surroundings::{BREAK_GLASS_ROLE, FULL_UNIT, GOVERNED_REGIONS, Surroundings};
use crate::tools::SAM;

pub(crate) const STACK_NAME: &str = "account-vending";
pub(crate) const LOG_LEVEL: &str = "INFO";
const ARTIFACT_BUCKET: &str = "account-vending-artifacts";

pub(crate) struct Deployed {
    pub(crate) api_url: String,
    pub(crate) vend_account_state_machine_arn: String,
}

/// Every parameter that the local stack is deployed with.
fn parameters(
    platform_url: &str,
    organization: &Organization,
    surroundings: Option<&Surroundings>,
) -> Vec<(&'static str, String)> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let role = |name: &str| format!("arn:aws:iam::{}:role/{name}", organization.management_account_id);
    let mut parameters = vec![
        ("Architecture", architecture.into()),
        ("GovernedRegions", GOVERNED_REGIONS.join(",")),
        ("AccountAliasPattern", "example-{accountName}".into()),
        ("AdoptOrganizationalUnits", "Sandbox".into()),
        ("EmailPattern", "aws+{accountName}@example.com".into()),
        ("OperatorPrincipals", format!("arn:aws:iam::{}:user/operator-*", organization.management_account_id)),
        ("OrganizationTrailName", TRAIL.into()),
        ("TrailBucketName", organization.trail_bucket()),
        ("ConfigBucketName", organization.config_bucket()),
        ("EngineerPrincipals", role("engineers")),
        ("AllowedGithubOwners", "acme".into()),
        ("BudgetSubscribers", "platform@example.com".into()),
        ("MonthlyBudgetsUsd", "Sandbox=50,*=1000".into()),
        ("QuotaIncreases", "ec2/L-1216C47A=64".into()),
        // A call for each subnet of each Region: one unit shows it, and the others are quick.
        ("RemoveDefaultVpcs", FULL_UNIT.into()),
        ("BillingContact", contact("Billing")),
        ("OperationsContact", contact("Operations")),
        ("SecurityContact", contact("Security")),
        ("LogLevel", LOG_LEVEL.into()),
        // Where the platform waits for the answers of custom resources; AWS waits in S3.
        ("LocalResponseUrlPrefix", format!("{platform_url}/_ministack/cfn-response/")),
    ];
    if let Some(surroundings) = surroundings {
        parameters.extend([
            ("AllowedPermissionSets", "*".into()),
            ("BreakGlassPrincipals", role(BREAK_GLASS_ROLE)),
            ("SecurityAccountId", surroundings.security_account_id.clone()),
            ("CustomizationStateMachineArns", surroundings.customization_arn.clone()),
            ("CustomizationOrganizationalUnits", FULL_UNIT.into()),
        ]);
    }
    parameters
}

fn contact(kind: &str) -> String {
    format!("{kind} team, On call, {}@example.com, +1 555 0100", kind.to_lowercase())
}

pub(crate) fn deploy(
    platform_url: &str,
    organization: &Organization,
    surroundings: Option<&Surroundings>,
) -> Result<Deployed> {
    let platform = Client::new(platform_url);
    platform.create_bucket(ARTIFACT_BUCKET).context("create the bucket for the functions' code")?;
    let mut deploy = sam(platform_url)?;
    deploy
        .args(["deploy", "--template-file", "template.yaml", "--stack-name", STACK_NAME])
        .args(["--s3-bucket", ARTIFACT_BUCKET, "--region", REGION])
        .args(["--capabilities", "CAPABILITY_NAMED_IAM", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
        .args(["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--parameter-overrides"])
        .args(overrides(&parameters(platform_url, organization, surroundings)));
    run_logged(&mut deploy, "deploying the stack with SAM", "sam-deploy.log").context(
        "the stack does not deploy; mend template.yaml and run this again, after `cargo xtask down` if need be",
    )?;
    let outputs = stack_outputs(&platform)?;
    let output = |name: &str| {
        outputs.get(name).cloned().with_context(|| format!("template.yaml has no output {name}; add it under Outputs"))
    };
    let api_url = local_api_url(platform_url, &output("ApiUrl")?)?;
    Ok(Deployed { api_url, vend_account_state_machine_arn: output("VendAccountStateMachineArn")? })
}

/// The SAM CLI, away from the user's own AWS settings and from a samconfig.toml that is meant for AWS.
pub(crate) fn sam(endpoint: &str) -> Result<Command> {
    let folder = paths::local().join("sam");
    let config = folder.join("samconfig.toml");
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    fs::write(&config, "version = 0.1\n").with_context(|| format!("write {}", config.display()))?;
    let mut sam = SAM.python();
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("AWS_") || name.starts_with("SAM_")) {
            sam.env_remove(name);
        }
    }
    sam.args(["-m", "samcli"])
        .current_dir(paths::root())
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_CONFIG_FILE", folder.join("no-aws-config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("no-aws-credentials"))
        .env("NO_PROXY", "127.0.0.1")
        .env("SAM_CLI_TELEMETRY", "0")
        .env("SAM_CLI_CONFIG_FILE", &config)
        .env("__SAM_CLI_APP_DIR", &folder);
    Ok(sam)
}

/// The SAM CLI ends a value at its first space, unless it is in quotes.
fn overrides(parameters: &[(&str, String)]) -> Vec<String> {
    let value = |value: &str| if value.contains(' ') { format!("\"{value}\"") } else { value.to_owned() };
    parameters.iter().map(|(name, text)| format!("ParameterKey={name},ParameterValue={}", value(text))).collect()
}

fn stack_outputs(platform: &Client) -> Result<BTreeMap<String, String>> {
    let form = format!("Action=DescribeStacks&Version=2010-05-15&StackName={STACK_NAME}");
    let outputs = outputs_in(&platform.query("cloudformation", &form)?);
    if outputs.is_empty() {
        say("  the stack has no outputs");
    }
    Ok(outputs)
}

/// The outputs of a DescribeStacks answer. Its values are names and ARNs, so this needs no XML parser.
fn outputs_in(xml: &str) -> BTreeMap<String, String> {
    let between = |text: &str, tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        let (value, _) = rest.split_once(&format!("</{tag}>"))?;
        Some(value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
    };
    let members = xml.split("<member>");
    members.filter_map(|member| Some((between(member, "OutputKey")?, between(member, "OutputValue")?))).collect()
}

/// `https://<api>.execute-api.<region>.amazonaws.com/<stage>` as the platform serves it on its own port.
fn local_api_url(platform_url: &str, api_url: &str) -> Result<String> {
    let (_, rest) = api_url.split_once("://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let api = host.split_once(".execute-api.").map(|(api, _)| api);
    let stage = path.split('/').find(|part| !part.is_empty());
    match (api, stage) {
        (Some(api), Some(stage)) => Ok(format!("{platform_url}/restapis/{api}/{stage}/_user_request_")),
        _ => bail!("the output ApiUrl is `{api_url}`, not https://<api>.execute-api.<region>.amazonaws.com/<stage>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_written_out_for_sam() {
        let organization = Organization { id: "o-abc".into(), management_account_id: "123456789012".into() };
        let surroundings =
            Surroundings { security_account_id: "111111111111".into(), customization_arn: "arn:machine".into() };
        let overrides = overrides(&parameters("http://127.0.0.1:1", &organization, Some(&surroundings)));
        assert!(overrides.contains(&"ParameterKey=TrailBucketName,ParameterValue=org-trail-123456789012".into()));
        assert!(overrides.contains(&"ParameterKey=EmailPattern,ParameterValue=aws+{accountName}@example.com".into()));
    }

    #[test]
    fn reads_the_outputs() {
        let xml = "<Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>https://a?b&amp;c</OutputValue></member>\
                   <member><OutputKey>B</OutputKey><OutputValue>2</OutputValue></member></Outputs>";
        let outputs = outputs_in(xml);
        assert_eq!(outputs["ApiUrl"], "https://a?b&c");
        assert_eq!(outputs["B"], "2");
    }

    #[test]
    fn the_api_is_served_on_the_platforms_port() {
        let url = local_api_url("http://127.0.0.1:1", "https://ab12.execute-api.us-east-1.amazonaws.com/v1/").unwrap();
        assert_eq!(url, "http://127.0.0.1:1/restapis/ab12/v1/_user_request_");
        assert!(local_api_url("http://127.0.0.1:1", "https://example.com/v1").is_err());
    }
}
