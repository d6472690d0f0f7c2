//! Deploys template.yaml, or that of a release, to the local cloud with the SAM CLI, as users deploy it to AWS.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use local_cloud::{AwsClient, REGION};

use crate::cloud::Cloud;
use crate::command::run_logged;
use crate::functions::{bootstrap, function_names};
use crate::names::{BREAK_GLASS_ROLE, STACK_NAME};
use crate::organization::Organization;
use crate::organization_fixtures::Fixtures;
use crate::paths;
use crate::progress::say;
use crate::tools::SAM;

pub(crate) const LOG_LEVEL: &str = "INFO";
const ARTIFACT_BUCKET: &str = "account-vending-artifacts";

pub(crate) struct Deployed {
    pub(crate) api_url: String,
    pub(crate) vend_account_state_machine_arn: String,
}

/// The parameters of the local stack.
fn parameters(
    platform_url: &str,
    organization: &Organization,
    fixtures: Option<&Fixtures>,
) -> Vec<(&'static str, String)> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let role = |name: &str| format!("arn:aws:iam::{}:role/{name}", organization.management_account_id);
    let mut parameters = vec![
        ("Architecture", architecture.into()),
        ("OperatorPrincipals", format!("arn:aws:iam::{}:user/operator-*", organization.management_account_id)),
        // The root user applies local-cloud/organization.yaml.
        (
            "OrganizationPrincipals",
            format!("arn:aws:iam::{0}:root,arn:aws:iam::{0}:user/organization-*", organization.management_account_id),
        ),
        ("EngineerPrincipals", role("engineers")),
        ("LogLevel", LOG_LEVEL.into()),
        // The URL to which the local cloud expects the responses of custom resources; on AWS, it is in S3.
        ("LocalResponseUrlPrefix", format!("{platform_url}/_ministack/cfn-response/")),
    ];
    if let Some(fixtures) = fixtures {
        parameters.extend([
            ("BreakGlassPrincipals", role(BREAK_GLASS_ROLE)),
            ("SecurityAccountId", fixtures.security_account_id.clone()),
            ("CustomizationStateMachineArns", fixtures.customization_arn.clone()),
        ]);
    }
    parameters
}

/// Deploys the stack unless it was already deployed from the same sources.
pub(crate) fn deploy(
    cloud: &mut Cloud,
    template: &Path,
    platform_url: &str,
    organization: &Organization,
    fixtures: Option<&Fixtures>,
) -> Result<Deployed> {
    let platform = AwsClient::new(platform_url);
    let parameters = parameters(platform_url, organization, fixtures);
    let sources = sources(template, &parameters)?;
    if sources == cloud.deployed() {
        say("- the stack is up to date");
    } else {
        run_sam_deploy(&platform, platform_url, template, &parameters)?;
        cloud.set_deployed(sources)?;
    }
    deployed(&platform, platform_url)
}

/// A digest of the deployed files and parameters. Functions are compared by size and modification time.
fn sources(template: &Path, parameters: &[(&str, String)]) -> Result<String> {
    let mut digest = DefaultHasher::new();
    parameters.hash(&mut digest);
    template.hash(&mut digest);
    let mut files = vec![template.to_owned()];
    for entry in fs::read_dir(template.with_file_name("statemachine")).context("list statemachine/")? {
        files.push(entry.context("list statemachine/")?.path());
    }
    files.sort();
    for file in files {
        fs::read(&file).with_context(|| format!("read {}", file.display()))?.hash(&mut digest);
    }
    for name in function_names()? {
        let function =
            fs::metadata(bootstrap(&name)).with_context(|| format!("read the size of the binary of {name}"))?;
        (name, function.len(), function.modified()?).hash(&mut digest);
    }
    Ok(format!("{:016x}", digest.finish()))
}

fn run_sam_deploy(
    platform: &AwsClient,
    platform_url: &str,
    template: &Path,
    parameters: &[(&str, String)],
) -> Result<()> {
    platform.create_bucket(ARTIFACT_BUCKET).context("create the bucket for the functions' code")?;
    let mut deploy = sam(platform_url)?;
    deploy
        .args(["deploy", "--stack-name", STACK_NAME, "--template-file"])
        .arg(template)
        .args(["--s3-bucket", ARTIFACT_BUCKET, "--region", REGION])
        .args(["--capabilities", "CAPABILITY_NAMED_IAM", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
        .args(["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--parameter-overrides"])
        .args(overrides(parameters));
    run_logged(&mut deploy, "deploying the stack with SAM", "sam-deploy.log").context(
        "the deployment failed; fix template.yaml and run the command again, if necessary after `cargo xtask down`",
    )
}

/// The outputs of the deployed stack.
fn deployed(platform: &AwsClient, platform_url: &str) -> Result<Deployed> {
    let outputs = stack_outputs(platform)?;
    let output = |name: &str| {
        outputs.get(name).cloned().with_context(|| format!("template.yaml has no output {name}; add it under Outputs"))
    };
    let api_url = local_api_url(platform_url, &output("ApiUrl")?)?;
    Ok(Deployed { api_url, vend_account_state_machine_arn: output("VendAccountStateMachineArn")? })
}

/// The SAM CLI without the AWS settings of the user and without a samconfig.toml for AWS.
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
    sam.arg(paths::root().join("xtask/tools/sam.py"))
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

/// Formats parameters for the SAM CLI. A value with spaces needs quotes.
fn overrides(parameters: &[(&str, String)]) -> Vec<String> {
    let value = |value: &str| if value.contains(' ') { format!("\"{value}\"") } else { value.to_owned() };
    parameters.iter().map(|(name, text)| format!("ParameterKey={name},ParameterValue={}", value(text))).collect()
}

fn stack_outputs(platform: &AwsClient) -> Result<BTreeMap<String, String>> {
    let parameters = [("StackName", STACK_NAME)];
    let outputs = outputs_in(&platform.query("cloudformation", "2010-05-15", "DescribeStacks", &parameters)?);
    if outputs.is_empty() {
        say("  the stack has no outputs");
    }
    Ok(outputs)
}

/// The outputs in a response of DescribeStacks. The values are names and ARNs, so no XML parser is needed.
fn outputs_in(xml: &str) -> BTreeMap<String, String> {
    let between = |text: &str, tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        let (value, _) = rest.split_once(&format!("</{tag}>"))?;
        Some(value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
    };
    let members = xml.split("<member>");
    members.filter_map(|member| Some((between(member, "OutputKey")?, between(member, "OutputValue")?))).collect()
}

/// The local URL of `https://<api>.execute-api.<region>.amazonaws.com/<stage>`.
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
    fn parameters_are_formatted_for_sam() {
        let organization = Organization { id: "o-abc".into(), management_account_id: "123456789012".into() };
        let fixtures = Fixtures { security_account_id: "111111111111".into(), customization_arn: "arn:machine".into() };
        let overrides = overrides(&parameters("http://127.0.0.1:1", &organization, Some(&fixtures)));
        assert!(overrides.contains(&"ParameterKey=SecurityAccountId,ParameterValue=111111111111".into()));
        let engineers = "ParameterKey=EngineerPrincipals,ParameterValue=arn:aws:iam::123456789012:role/engineers";
        assert!(overrides.contains(&engineers.into()));
    }

    #[test]
    fn stack_outputs_are_parsed() {
        let xml = "<Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>https://a?b&amp;c</OutputValue></member>\
                   <member><OutputKey>B</OutputKey><OutputValue>2</OutputValue></member></Outputs>";
        let outputs = outputs_in(xml);
        assert_eq!(outputs["ApiUrl"], "https://a?b&c");
        assert_eq!(outputs["B"], "2");
    }

    #[test]
    fn api_url_points_to_the_platform() {
        let url = local_api_url("http://127.0.0.1:1", "https://ab12.execute-api.us-east-1.amazonaws.com/v1/").unwrap();
        assert_eq!(url, "http://127.0.0.1:1/restapis/ab12/v1/_user_request_");
        assert!(local_api_url("http://127.0.0.1:1", "https://example.com/v1").is_err());
    }
}
