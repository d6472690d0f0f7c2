//! `up` and `down`: the local cloud as a whole.

use std::fs;

use anyhow::{Context, Result};

use crate::aws::Client;
use crate::cloud::{Cloud, Options};
use crate::deploy::{self, STACK_NAME};
use crate::function_logs;
use crate::functions::{build_functions, build_program};
use crate::organization::{self, Organization};
use crate::paths;
use crate::progress::{Activity, say};
use crate::servers::{self, Platform, loopback};
use crate::sigv4::REGION;
use crate::stack::Stack;
use crate::surroundings::{self, Surroundings};
use crate::tools::{self, MINISTACK, MOTO, SAM};

pub(crate) fn run(options: &Options) -> Result<()> {
    tools::install(&[MINISTACK, MOTO, SAM])?;
    build_functions()?;
    let stack = ensure_up(options)?;
    say(format_args!("The stack is up. Its API: {}", stack.api_url));
    how_to_go_on();
    Ok(())
}

pub(crate) fn how_to_go_on() {
    let (stack, logs) = (paths::shown(&Stack::path()), paths::shown(&paths::logs()));
    say(format_args!("Where everything is: {stack}. Logs: {logs}. End it with `cargo xtask down`."));
}

pub(crate) fn down() -> Result<()> {
    if !end_cloud()? {
        say("Nothing is up.");
    }
    Ok(())
}

/// Ends what was started, and nothing else. False when nothing was running.
fn end_cloud() -> Result<bool> {
    let cloud = Cloud::load()?.unwrap_or_default();
    let alive = cloud.servers.iter().filter(|server| server.is_alive());
    let alive: Vec<&str> = alive.map(|server| server.name.as_str()).collect();
    keep_function_logs(&cloud);
    cloud.end()?;
    Stack::remove()?;
    if !alive.is_empty() {
        say(format_args!("- ended {}", alive.join(", ")));
    }
    Ok(!alive.is_empty())
}

/// A log that cannot be kept is no reason to let the cloud run on.
fn keep_function_logs(cloud: &Cloud) {
    let Some(platform) = cloud.living("ministack") else {
        return;
    };
    if let Err(error) = function_logs::keep(&Client::new(&platform.url)) {
        say(format_args!("- the functions' logs could not be kept: {error:#}"));
    }
}

/// Starts a cloud unless one of this kind lives, and deploys the stack to it.
pub(crate) fn ensure_up(options: &Options) -> Result<Stack> {
    if let Some(mut cloud) = living_cloud(options)? {
        say("- the local cloud is up already; deploying to it");
        return converge(&mut cloud);
    }
    fs::create_dir_all(paths::local()).with_context(|| format!("create {}", paths::local().display()))?;
    servers::remove_leftovers()?;
    let mut cloud = Cloud::new(options.clone());
    let stack = converge(&mut cloud);
    if stack.is_err() {
        end_cloud()?;
    }
    stack
}

/// The running cloud, if it can be used. One that cannot is ended.
fn living_cloud(options: &Options) -> Result<Option<Cloud>> {
    let Some(cloud) = Cloud::load()? else {
        return Ok(None);
    };
    let complete = cloud.is_alive() && cloud.url_of("ministack").is_some();
    match (complete, cloud.options == *options) {
        (true, true) => return Ok(Some(cloud)),
        (true, false) => say("- the local cloud was started with other options; starting it anew"),
        (false, _) => say("- the local cloud is not complete; starting it anew"),
    }
    end_cloud()?;
    Ok(None)
}

fn converge(cloud: &mut Cloud) -> Result<Stack> {
    if cloud.aws_endpoint().is_none() {
        servers::start_moto(cloud)?;
    }
    let moto = cloud.aws_endpoint().context("moto has no address")?;
    let platform_port = match cloud.url_of("ministack") {
        Some(_) => None,
        None => Some(servers::free_port()?),
    };
    if let Some(port) = platform_port {
        let program = build_program("account-vending-strict", "strict-proxy")?;
        servers::start_strict_proxy(cloud, &program, &moto, &loopback(port))?;
    }
    let proxy = cloud.url_of("strict-proxy").context("the proxy has no address")?;
    let (aws, moto_client) = (Client::new(&proxy), Client::new(&moto));
    let activity =
        Activity::start("making the organization: OUs, log buckets, trail, what its accounts are watched by");
    let organization = organization::converge(&moto_client)?;
    let surroundings = surround(cloud, &aws, &moto_client, &organization)?;
    activity.done();
    if let Some(port) = platform_port {
        start_platform(cloud, port, proxy, &organization)?;
    }
    deploy(cloud, moto, organization, surroundings.as_ref())
}

/// Another endpoint than moto may know less of AWS: there the steps that need it are left to skip themselves.
fn surround(cloud: &Cloud, aws: &Client, moto: &Client, organization: &Organization) -> Result<Option<Surroundings>> {
    match surroundings::converge(aws, moto, organization) {
        Ok(surroundings) => Ok(Some(surroundings)),
        Err(error) if cloud.options.aws_endpoint.is_some() => {
            say(format_args!("- without security account, Identity Center and customization: {error:#}"));
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
    cloud: &Cloud,
    aws_endpoint: String,
    organization: Organization,
    surroundings: Option<&Surroundings>,
) -> Result<Stack> {
    let platform_endpoint = cloud.url_of("ministack").context("MiniStack has no address")?;
    if let Some(surroundings) = surroundings {
        surroundings::create_customization(&Client::new(&platform_endpoint), surroundings)?;
    }
    let deployed = deploy::deploy(&platform_endpoint, &organization, surroundings)?;
    let stack = Stack {
        platform_endpoint,
        aws_endpoint,
        strict_endpoint: cloud.url_of("strict-proxy").filter(|_| cloud.options.strict),
        region: REGION.to_owned(),
        management_account_id: organization.management_account_id,
        stack_name: STACK_NAME.to_owned(),
        api_url: deployed.api_url,
        vend_account_state_machine_arn: deployed.vend_account_state_machine_arn,
        pids: cloud.servers.iter().map(|server| (server.name.clone(), server.pid)).collect(),
        logs: paths::logs(),
    };
    stack.save()?;
    Ok(stack)
}
