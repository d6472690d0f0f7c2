//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// As wide as the help is at most, so that it is the same everywhere.
const HELP_WIDTH: usize = 100;

const AFTER_HELP: &str = "\
Exit codes:
  0    done, or nothing to do
  1    something failed or was refused
  2    wrong usage or files; nothing was sent
  3    with --check: there is something to do
  4    no credentials, or not permitted
  130  interrupted";

/// Vend AWS accounts.
#[derive(Debug, Parser)]
#[command(name = "vend", version, after_help = AFTER_HELP, max_term_width = HELP_WIDTH, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// How data is printed on stdout: for people, as one JSON object, or as one in each line.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub(crate) output: Format,
    /// Print no progress and no messages. Data, warnings, and errors are printed.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// The URL of the API, with its stage.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) api_url: Option<String>,
    /// The profile in the user's configuration of vend.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The stack whose output ApiUrl is used if no URL is configured [default: account-vending].
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) stack: Option<String>,
    /// The profile of the AWS CLI whose credentials are used.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// The Region that calls are signed for [default: that of the URL, or us-east-1].
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    // Doc comments would make the help of every command long.
    Human,
    Json,
    Jsonl,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write where the API is to vend.toml or to the user's configuration.
    Configure(Configure),
    /// Show who signs, which API is called, and where each setting comes from.
    Whoami,
    /// Request an account, or change one.
    Request(Request),
    /// Follow a request, or a run of the organization manifest, until it ends.
    Watch(Watch),
    /// List accounts or requests.
    List(List),
    /// Show a request or an account.
    Show(Show),
    /// Work with the organization manifest.
    Organization(Organization),
    /// Print the completions of a shell.
    Completions(Completions),
    /// Print the man page, or write all man pages to a folder.
    Man(Man),
}

#[derive(Args, Debug)]
pub(crate) struct Configure {
    /// Write vend.toml in this folder instead of the user's configuration.
    #[arg(long, conflicts_with = "profile")]
    pub(crate) here: bool,
    /// Replace values without asking.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
#[derive(Args, Debug)]
pub(crate) struct Request {
    /// The request as YAML or JSON; `-` reads stdin.
    #[arg(long, short, value_name = "FILE", conflicts_with = "fields", required_unless_present = "fields")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fields: Fields,
    /// Show what would happen, and do nothing.
    #[arg(long, conflicts_with_all = ["watch", "yes", "idempotency_key"])]
    pub(crate) plan: bool,
    /// With --plan: exit with 3 if there is something to do.
    #[arg(long, requires = "plan")]
    pub(crate) check: bool,
    /// Follow the request until it ends.
    #[arg(long, short)]
    pub(crate) watch: bool,
    /// Do not ask before the request is sent.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// The Idempotency-Key of the request [default: a random one].
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) polling: Polling,
}

/// The simple fields of a request. Access, GitHub repositories, and contacts need a file.
#[derive(Args, Debug)]
#[group(id = "fields", multiple = true)]
pub(crate) struct Fields {
    /// The name of the account.
    #[arg(long, required_unless_present = "file")]
    pub(crate) name: Option<String>,
    /// The path of the OU, such as Workloads/Development.
    #[arg(long, value_name = "PATH", required_unless_present = "file")]
    pub(crate) ou: Option<String>,
    /// The email of the root user [default: derived from the name, if the stack has a pattern].
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The email of the owner.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) owner: Option<String>,
    /// Why the account is requested.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// A tag of the account; can be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    pub(crate) tags: Vec<(String, String)>,
    /// The monthly budget in US dollars.
    #[arg(long, value_name = "USD")]
    pub(crate) budget: Option<u32>,
}

#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// The ID of a request, or of a run of `vend organization apply`.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) polling: Polling,
}

#[derive(Args, Debug)]
pub(crate) struct Polling {
    /// Seconds between two looks at the request.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub(crate) interval: u8,
}

#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(subcommand)]
    pub(crate) what: Listed,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Listed {
    /// List accounts, in the order of their IDs.
    Accounts(ListAccounts),
    /// List requests, the newest first.
    Requests(ListRequests),
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ListAccounts {
    /// Accounts in this OU and below.
    #[arg(long, value_name = "PATH")]
    pub(crate) ou: Option<String>,
    /// Accounts of this owner.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) owner: Option<String>,
    /// Accounts in this state, such as ACTIVE or SUSPENDED.
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Stop after this many.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<usize>,
}

#[derive(Args, Debug)]
pub(crate) struct ListRequests {
    /// Requests with this status: IN_PROGRESS, VENDED, FAILED, or EXPIRED.
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Stop after this many; 0 lists all.
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The ID of a request, or the 12 digits of an account.
    pub(crate) id: String,
}

#[derive(Args, Debug)]
pub(crate) struct Organization {
    #[command(subcommand)]
    pub(crate) task: OrganizationTask,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrganizationTask {
    /// Check a manifest. No AWS account is needed, and nothing is sent.
    Validate(ManifestPath),
    /// Show what a manifest would change, and change nothing.
    Plan(PlanManifest),
    /// Plan a manifest, show the plan, and apply it.
    Apply(ApplyManifest),
}

#[derive(Args, Debug)]
pub(crate) struct ManifestPath {
    /// The manifest; `-` reads stdin.
    #[arg(value_name = "FILE", default_value = "organization/organization.yaml")]
    pub(crate) file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct PlanManifest {
    #[command(flatten)]
    pub(crate) manifest: ManifestPath,
    /// Exit with 3 if there is something to do.
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ApplyManifest {
    #[command(flatten)]
    pub(crate) manifest: ManifestPath,
    /// Do not ask before the plan is applied.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Allow a guarded change, by the name that the plan shows. Can be repeated.
    #[arg(long, value_name = "CHANGE")]
    pub(crate) allow: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Write a page for each command to this folder.
    #[arg(long = "to", value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
