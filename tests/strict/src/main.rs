//! Starts the strict proxy.

use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Parser;
use hyper::Uri;
use strict::{Clock, Config};
use tokio::net::TcpListener;

/// A proxy between the functions and the emulators that answers as strictly as AWS and injects faults.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
struct Arguments {
    /// Where to listen, such as 127.0.0.1:4600; port 0 takes a free one.
    #[arg(long)]
    listen: SocketAddr,
    /// The emulator of AWS's control plane.
    #[arg(long)]
    aws: Uri,
    /// The emulator of the serverless platform.
    #[arg(long)]
    platform: Uri,
    /// The account of every caller that has not assumed a role.
    #[arg(long, default_value = "123456789012")]
    management_account: String,
    /// How many times as fast as real time creations settle, buckets refill and delays pass.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    speed: u32,
    /// What chance starts from, in rules that name no seed of their own.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Start with throttles, delays and events as AWS has them, instead of with as few as can be.
    #[arg(long)]
    as_on_aws: bool,
    /// Throttle Organizations at the rates that AWS publishes.
    #[arg(long)]
    throttle: bool,
    /// Check every call of a role against its policies, its session, the role's trust and the organization's SCPs.
    #[arg(long)]
    evaluate_iam: bool,
    /// Only answer what the emulators lack, and be no stricter than they are.
    #[arg(long, conflicts_with_all = ["as_on_aws", "throttle", "evaluate_iam"])]
    lax: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen).await?;
    writeln!(io::stderr(), "strict-proxy listens on http://{}", listener.local_addr()?)?;
    let config = Config {
        aws: arguments.aws,
        platform: arguments.platform,
        management_account: arguments.management_account,
        clock: Clock::running(arguments.speed),
        seed: arguments.seed,
        as_on_aws: arguments.as_on_aws,
        throttle: arguments.throttle,
        evaluate_iam: arguments.evaluate_iam,
        lax: arguments.lax,
    };
    strict::serve(listener, config).await
}
