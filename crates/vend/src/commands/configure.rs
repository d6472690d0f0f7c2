//! `vend configure`.

use std::path::PathBuf;

use vending_client::{ApiUrl, InvalidApiUrl};

use crate::cli::{Configure, Global};
use crate::config::{DEFAULT_PROFILE, PROJECT_FILE, Values, user_file, write};
use crate::console::Console;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Entry;
use crate::prompt;

pub(crate) fn run(configure: &Configure, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    let values = values(context.options)?;
    let invalid = |error: InvalidApiUrl| Failure::usage(error.to_string());
    values.api_url.as_deref().map(str::parse::<ApiUrl>).transpose().map_err(invalid)?;
    let (path, profile) = place(configure, context.options)?;
    let mut replaced = write(&path, profile.as_deref(), &values, configure.yes)?;
    if !configure.yes && !replaced.is_empty() {
        let what = format!("replacing {} in {}", replaced.join(", "), path.display());
        prompt::require_yes(configure.yes, &what)?;
        if !prompt::confirm(&format!("{what}. Go on?")) {
            return Err(Failure::new(Exit::Failed, "not confirmed; nothing was written"));
        }
        replaced = write(&path, profile.as_deref(), &values, true)?;
    }
    let note = if replaced.is_empty() { String::new() } else { format!(", replacing {}", replaced.join(", ")) };
    console.message(&format!("wrote {}{note}; see what it leads to with: vend whoami", path.display()));
    let file = path.display().to_string();
    console.data(|| file.clone(), || Entry::Configuration { file: file.clone(), profile });
    Ok(Exit::Done)
}

/// The settings of the options. Without any, the URL is asked for.
fn values(options: &Global) -> Result<Values, Failure> {
    let values = Values {
        api_url: options.api_url.clone(),
        region: options.region.clone(),
        aws_profile: options.aws_profile.clone(),
        stack: options.stack.clone(),
    };
    let is_given =
        [&values.api_url, &values.region, &values.aws_profile, &values.stack].iter().any(|value| value.is_some());
    if is_given {
        return Ok(values);
    }
    if !prompt::can_ask() {
        return Err(Failure::usage(
            "there is nothing to write; name at least one of --api-url, --region, --aws-profile, --stack",
        ));
    }
    let url = prompt::ask("The URL of the API (output ApiUrl of the stack): ");
    Ok(Values { api_url: Some(url), ..values })
}

fn place(configure: &Configure, options: &Global) -> Result<(PathBuf, Option<String>), Failure> {
    if configure.here {
        return Ok((PathBuf::from(PROJECT_FILE), None));
    }
    let profile = options.profile.clone().unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    Ok((user_file()?, Some(profile)))
}
