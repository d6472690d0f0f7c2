//! `vend whoami`.

use vending_client::ApiUrl;

use crate::config::Setting;
use crate::console::{self, Console};
use crate::context::{Context, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::{Entry, ShownSetting};

pub(crate) fn run(context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    let session = context.session()?;
    let identity = session.aws().identity().map_err(|error| context.failure(error))?;
    let (api, problem) = match session.api() {
        Ok(api) => (Some(api), None),
        Err(failure) => (None, Some(failure)),
    };
    let settings = settings(session, api.as_ref());
    let lines: Vec<String> =
        settings.iter().map(|shown| format!("{:<12} {}  ({})", shown.name, shown.value, shown.origin)).collect();
    let text = format!("{}\n{:<12} {}\n{}", identity.arn, "account", identity.account, lines.join("\n"));
    console.data(|| text, || Entry::Identity { arn: identity.arn, account: identity.account, settings });
    // Who signs is known, so it was worth printing; which API is called is not.
    if let Some(failure) = problem {
        console::warning(&failure.message);
    }
    Ok(Exit::Done)
}

fn settings(session: &Session, api: Option<&Setting<ApiUrl>>) -> Vec<ShownSetting> {
    let shown = |name, value: String, origin: &dyn ToString| ShownSetting { name, value, origin: origin.to_string() };
    let mut settings = Vec::new();
    if let Some(api) = api {
        settings.push(shown("api-url", api.value.to_string(), &api.origin));
        let region = session.region(api);
        settings.push(shown("region", region.value, &region.origin));
    }
    let profile = session.settings.aws_profile.as_ref();
    settings.extend(profile.map(|profile| shown("aws-profile", profile.value.clone(), &profile.origin)));
    settings
}
