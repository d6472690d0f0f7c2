//! `up` and `down`: start and stop the local cloud.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use local_cloud::{AwsClient, REGION, Stack};

use crate::cloud::{Cloud, Options};
use crate::deploy;
use crate::function_logs;
use crate::functions::{Profile, build_functions, strict_proxy};
use crate::manifest;
use crate::names::STACK_NAME;
use crate::organization::{self, Organization};
use crate::organization_fixtures::{self, Fixtures};
use crate::paths;
use crate::progress::{Activity, say};
use crate::servers::{self, Platform, loopback};
use crate::stack;
use crate::tools::{self, MINISTACK, MOTO, SAM};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Up {
    #[command(flatten)]
    options: Options,
    /// Deploy this template, for example that of an unpacked release, instead of template.yaml of the checkout.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

pub(crate) fn run(up: &Up) -> Result<()> {
    prepare()?;
    let stack = match &up.template {
        Some(template) => {
            let template = fs::canonicalize(template).with_context(|| format!("find {}", template.display()))?;
            ensure_up_with(&up.options, &template)?
        }
        None => ensure_up(&up.options)?,
    };
    say(format_args!("The stack is running. API: {}", stack.api_url));
    print_next_steps();
    Ok(())
}

/// Builds the functions and, at the same time, installs the tools of the local cloud.
pub(crate) fn prepare() -> Result<()> {
    tools::install_during(&[MINISTACK, MOTO, SAM], || build_functions(Profile::Local))
}

pub(crate) fn print_next_steps() {
    let (stack, logs) = (paths::shown(&stack::path()), paths::shown(&paths::logs()));
    say(format_args!("Endpoints: {stack}. Logs: {logs}. Stop the local cloud with `cargo xtask down`."));
}

pub(crate) fn down() -> Result<()> {
    if !stop_cloud()? {
        say("No local cloud is running.");
    }
    Ok(())
}

/// Stops the local cloud after a success or an error, and returns the first error.
pub(crate) fn then_down<T>(outcome: Result<T>) -> Result<T> {
    let stopped = down();
    let value = outcome?;
    stopped.map(|()| value)
}

/// Stops the servers that were started, and no others. Returns whether any was running.
fn stop_cloud() -> Result<bool> {
    let cloud = Cloud::load()?.unwrap_or_default();
    let alive = cloud.servers.iter().filter(|server| server.is_alive());
    let alive: Vec<&str> = alive.map(|server| server.name.as_str()).collect();
    save_function_logs(&cloud);
    cloud.stop()?;
    stack::remove()?;
    if !alive.is_empty() {
        say(format_args!("- stopped {}", alive.join(", ")));
    }
    Ok(!alive.is_empty())
}

/// An error is only printed, so that the local cloud is stopped in any case.
fn save_function_logs(cloud: &Cloud) {
    let Some(platform) = cloud.running("ministack") else {
        return;
    };
    if let Err(error) = function_logs::save(&AwsClient::new(&platform.url)) {
        say(format_args!("- the logs of the functions could not be saved: {error:#}"));
    }
}

/// Starts a local cloud unless one with these options is running, and deploys the stack to it.
pub(crate) fn ensure_up(options: &Options) -> Result<Stack> {
    ensure_up_with(options, &paths::root().join("template.yaml"))
}

fn ensure_up_with(options: &Options, template: &Path) -> Result<Stack> {
    if let Some(mut cloud) = running_cloud(options)? {
        say("- the local cloud is already running");
        return converge(&mut cloud, template);
    }
    fs::create_dir_all(paths::local()).with_context(|| format!("create {}", paths::local().display()))?;
    servers::remove_leftovers()?;
    let mut cloud = Cloud::new(options.clone());
    let stack = converge(&mut cloud, template);
    if stack.is_err() {
        stop_cloud()?;
    }
    stack
}

/// As [`ensure_up`], with the options of the running local cloud, if there is one.
pub(crate) fn ensure_any_up() -> Result<Stack> {
    let running = Cloud::load()?.filter(Cloud::is_alive);
    ensure_up(&running.map_or_else(Options::default, |cloud| cloud.options))
}

/// The running local cloud, if it can be used. Otherwise, it is stopped.
fn running_cloud(options: &Options) -> Result<Option<Cloud>> {
    let Some(cloud) = Cloud::load()? else {
        return Ok(None);
    };
    let complete = cloud.is_alive() && cloud.url_of("ministack").is_some();
    match (complete, cloud.options == *options) {
        (true, true) => return Ok(Some(cloud)),
        (true, false) => say("- the local cloud was started with other options; restarting it"),
        (false, _) => say("- the local cloud is not complete; restarting it"),
    }
    stop_cloud()?;
    Ok(None)
}

fn converge(cloud: &mut Cloud, template: &Path) -> Result<Stack> {
    if cloud.aws_endpoint().is_none() {
        servers::start_moto(cloud)?;
    }
    let moto = cloud.aws_endpoint().context("moto has no endpoint")?;
    let platform_port = match cloud.url_of("ministack") {
        Some(_) => None,
        None => Some(servers::free_port()?),
    };
    if let Some(port) = platform_port {
        servers::start_strict_proxy(cloud, &strict_proxy(), &moto, &loopback(port))?;
    }
    let proxy = cloud.url_of("strict-proxy").context("the strict proxy has no endpoint")?;
    let (aws, moto_client) = (AwsClient::new(&proxy), AwsClient::new(&moto));
    let activity = Activity::start("creating the organization (OUs, log buckets, trail, security services)");
    let organization = organization::converge(&moto_client)?;
    let fixtures = create_fixtures(cloud, &aws, &moto_client, &organization)?;
    activity.done();
    if let Some(port) = platform_port {
        start_platform(cloud, port, proxy, &organization)?;
    }
    deploy(cloud, template, moto, &organization, fixtures.as_ref())
}

/// Another endpoint than moto may lack services: there, the steps that need the fixtures are skipped.
fn create_fixtures(
    cloud: &Cloud,
    aws: &AwsClient,
    moto: &AwsClient,
    organization: &Organization,
) -> Result<Option<Fixtures>> {
    match organization_fixtures::converge(aws, moto, organization) {
        Ok(fixtures) => Ok(Some(fixtures)),
        Err(error) if cloud.options.aws_endpoint.is_some() => {
            say(format_args!("- continuing without security account, Identity Center, and customization: {error:#}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn start_platform(cloud: &mut Cloud, port: u16, proxy: String, organization: &Organization) -> Result<()> {
    let platform = Platform {
        port,
        account_id: organization.management_account_id.clone(),
        own: if cloud.options.strict { proxy.clone() } else { loopback(port) },
        aws: proxy,
        enforce_iam: cloud.options.enforces_iam(),
        speed: cloud.options.speed,
    };
    servers::start_ministack(cloud, &platform)
}

fn deploy(
    cloud: &mut Cloud,
    template: &Path,
    aws_endpoint: String,
    organization: &Organization,
    fixtures: Option<&Fixtures>,
) -> Result<Stack> {
    let platform_endpoint = cloud.url_of("ministack").context("MiniStack has no endpoint")?;
    if let Some(fixtures) = fixtures {
        organization_fixtures::create_customization(&AwsClient::new(&platform_endpoint), fixtures)?;
    }
    let deployed = deploy::deploy(cloud, template, &platform_endpoint, organization, fixtures)?;
    let stack = Stack {
        platform_endpoint,
        aws_endpoint,
        strict_endpoint: cloud.url_of("strict-proxy").filter(|_| cloud.options.strict),
        region: REGION.to_owned(),
        management_account_id: organization.management_account_id.clone(),
        stack_name: STACK_NAME.to_owned(),
        api_url: deployed.api_url,
        vend_account_state_machine_arn: deployed.vend_account_state_machine_arn,
        pids: cloud.servers.iter().map(|server| (server.name.clone(), server.pid)).collect(),
        logs: paths::logs(),
    };
    stack::save(&stack)?;
    manifest::apply(&stack.api_url, organization, fixtures.is_some())?;
    Ok(stack)
}
