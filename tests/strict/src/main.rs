//! Starts the strict proxy.

use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Parser;
use hyper::Uri;
use strict::Config;
use tokio::net::TcpListener;

/// A proxy between the functions and the emulators that answers as strictly as AWS and injects faults.
#[derive(Parser)]
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
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen).await?;
    writeln!(io::stderr(), "strict-proxy listens on http://{}", listener.local_addr()?)?;
    let config =
        Config { aws: arguments.aws, platform: arguments.platform, management_account: arguments.management_account };
    strict::serve(listener, config).await
}
