//! Which API a command calls, and as whom.

use std::cell::OnceCell;

use vending_client::{ApiUrl, Client, Error, InvalidApiUrl};

use crate::aws::Aws;
use crate::cli::Global;
use crate::config::{Origin, Setting, Settings};
use crate::console::Console;
use crate::credentials::AwsCredentials;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::moment::took;

#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) options: &'a Global,
    session: OnceCell<Session>,
}

/// The settings, and the credentials that follow from them.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) settings: Settings,
    credentials: AwsCredentials,
}

impl<'a> Context<'a> {
    pub(crate) fn new(options: &'a Global) -> Self {
        Self { options, session: OnceCell::new() }
    }

    pub(crate) fn session(&self) -> Result<&Session, Failure> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let settings = Settings::read(self.options)?;
        // The SDK reads the variable itself.
        let is_named = |profile: &&Setting<String>| !matches!(profile.origin, Origin::Variable(_));
        let profile = settings.aws_profile.as_ref().filter(is_named).map(|profile| profile.value.clone());
        Ok(self.session.get_or_init(|| Session { settings, credentials: AwsCredentials::new(profile) }))
    }

    /// The client of the configured API.
    pub(crate) fn client(&self, console: &Console) -> Result<Client, Failure> {
        let session = self.session()?;
        let api = session.api()?.value;
        let shows_progress = console.shows_progress();
        let client = Client::new(api, session.credentials.clone()).on_retry(move |retry| {
            if shows_progress {
                anstream::eprintln!("{}; trying again in {}", retry.reason, took(retry.delay));
            }
        });
        Ok(client)
    }

    /// An error of a call. Who signed a call that was denied is asked of AWS, if the response does not say so.
    pub(crate) fn failure(&self, error: Error) -> Failure {
        match error {
            Error::NotPermitted(mut denial) if denial.signed_by.is_none() => {
                let identity = self.session().ok().and_then(|session| session.aws().identity().ok());
                denial.signed_by = identity.map(|identity| identity.arn);
                Error::NotPermitted(denial).into()
            }
            error => error.into(),
        }
    }
}

impl Session {
    pub(crate) fn aws(&self) -> Aws {
        Aws::new(self.credentials.clone(), self.settings.region.as_ref().map(|region| region.value.clone()))
    }

    /// The URL of the API, from the settings or from the stack.
    pub(crate) fn api(&self) -> Result<Setting<ApiUrl>, Failure> {
        let configured = match &self.settings.api_url {
            Some(setting) => setting.clone(),
            None => self.url_of_stack()?,
        };
        let invalid = |error: InvalidApiUrl| Failure::usage(format!("{error} (from {})", configured.origin));
        let mut value: ApiUrl = configured.value.parse().map_err(invalid)?;
        if let Some(region) = self.named_region(&value, &configured.origin) {
            value = value.with_region(&region.value);
        }
        Ok(Setting { value, origin: configured.origin })
    }

    fn url_of_stack(&self) -> Result<Setting<String>, Failure> {
        let stack = &self.settings.stack.value;
        match self.aws().api_url_of_stack(stack) {
            Ok(value) => Ok(Setting { value, origin: Origin::Stack(stack.clone()) }),
            Err(error @ Error::NoCredentials(_)) => Err(error.into()),
            Err(error) => {
                let message = format!("no API is configured, and the stack `{stack}` could not be read: {error}");
                let advice = "name the API with --api-url or VEND_API_URL, or once with: vend configure --api-url URL";
                Err(Failure::new(Exit::Usage, message).with_advice(advice))
            }
        }
    }

    /// The Region that calls are signed for.
    pub(crate) fn region(&self, api: &Setting<ApiUrl>) -> Setting<String> {
        let url = &api.value;
        let origin = if has_region(url) { Origin::ApiUrl } else { Origin::Default };
        let unnamed = || Setting { value: url.region().to_owned(), origin };
        self.named_region(url, &api.origin).cloned().unwrap_or_else(unnamed)
    }

    /// The Region of the settings, unless the URL has one and comes from another place.
    fn named_region(&self, url: &ApiUrl, origin: &Origin) -> Option<&Setting<String>> {
        let region = self.settings.region.as_ref()?;
        let is_meant = matches!(region.origin, Origin::Option(_)) || region.origin == *origin || !has_region(url);
        is_meant.then_some(region)
    }
}

fn has_region(url: &ApiUrl) -> bool {
    url.as_str().contains(&format!(".execute-api.{}.", url.region()))
}
