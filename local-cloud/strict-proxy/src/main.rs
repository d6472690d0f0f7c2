//! The command-line interface of the strict proxy.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use hyper::Uri;
use strict_proxy::{Clock, Config};
use tokio::net::TcpListener;

/// A proxy in front of AWS emulators that is as strict as AWS and injects faults.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "the flags are independent")]
struct Arguments {
    /// Address to listen on, such as 127.0.0.1:4600. Port 0 selects a free port.
    #[arg(long)]
    listen: SocketAddr,
    /// URL of the emulator of the AWS control plane.
    #[arg(long)]
    aws: Uri,
    /// URL of the emulator of the serverless platform.
    #[arg(long)]
    platform: Uri,
    /// Account of every caller that has not assumed a role.
    #[arg(long, default_value = "123456789012")]
    management_account: String,
    /// How many times as fast as real time delays pass and throttling buckets refill.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    speed: u32,
    /// Seed for random choices, unless a rule has its own.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Start with the throttling, delays, and events of AWS, instead of as few as possible.
    #[arg(long)]
    realistic: bool,
    /// Throttle AWS Organizations at its published rates.
    #[arg(long)]
    throttle: bool,
    /// Check every call of a role against its policies, session policy, trust policy, and SCPs.
    #[arg(long)]
    evaluate_iam: bool,
    /// Only respond to operations that the emulators lack, and enforce nothing.
    #[arg(long, conflicts_with_all = ["realistic", "throttle", "evaluate_iam"])]
    emulate_only: bool,
    /// Write each distinct call of a function to this file, as JSON lines.
    #[arg(long)]
    calls_file: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen).await?;
    writeln!(io::stderr(), "strict-proxy is listening on http://{}", listener.local_addr()?)?;
    let config = Config {
        clock: Clock::running(arguments.speed),
        seed: arguments.seed,
        realistic: arguments.realistic,
        throttle: arguments.throttle,
        evaluate_iam: arguments.evaluate_iam,
        emulate_only: arguments.emulate_only,
        calls_file: arguments.calls_file,
        ..Config::new(arguments.aws, arguments.platform, &arguments.management_account)
    };
    strict_proxy::serve(listener, config).await
}
