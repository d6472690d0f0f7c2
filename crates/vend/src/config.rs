//! Where settings come from: options, variables, files. The first that has a value wins, for each setting.

mod file;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::cli::Global;
use crate::failure::Failure;
use crate::variables;

pub(crate) use file::{Values, user_file, write};

pub(crate) const PROJECT_FILE: &str = "vend.toml";
pub(crate) const DEFAULT_PROFILE: &str = "default";
const DEFAULT_STACK: &str = "account-vending";

/// A value, and where it comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    Option(&'static str),
    Variable(&'static str),
    File(PathBuf),
    Profile(String, PathBuf),
    Stack(String),
    ApiUrl,
    Default,
}

/// What the options, the variables, and the files say. Nothing is asked of AWS.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) api_url: Option<Setting<String>>,
    pub(crate) region: Option<Setting<String>>,
    pub(crate) aws_profile: Option<Setting<String>>,
    pub(crate) stack: Setting<String>,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) | Self::Variable(name) => formatter.write_str(name),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Profile(name, path) => write!(formatter, "profile {name} in {}", path.display()),
            Self::Stack(name) => write!(formatter, "output ApiUrl of the stack {name}"),
            Self::ApiUrl => formatter.write_str("the URL of the API"),
            Self::Default => formatter.write_str("default"),
        }
    }
}

impl Settings {
    pub(crate) fn read(options: &Global) -> Result<Self, Failure> {
        let folder = std::env::current_dir().unwrap_or_default();
        let layers = layers(options, &folder)?;
        let first = |value: fn(&Values) -> &Option<String>| {
            layers.iter().find_map(|(origins, values)| {
                let value = value(values).clone()?;
                Some((value, origins))
            })
        };
        let setting = |value: fn(&Values) -> &Option<String>, name: fn(&Names) -> &'static str| {
            first(value).map(|(value, layer)| Setting { value, origin: layer.origin(name) })
        };
        let default_stack = Setting { value: DEFAULT_STACK.to_owned(), origin: Origin::Default };
        Ok(Self {
            api_url: setting(|values| &values.api_url, |names| names.api_url),
            region: setting(|values| &values.region, |names| names.region),
            aws_profile: setting(|values| &values.aws_profile, |names| names.aws_profile),
            stack: setting(|values| &values.stack, |names| names.stack).unwrap_or(default_stack),
        })
    }
}

/// What the settings are called in a layer.
struct Names {
    api_url: &'static str,
    region: &'static str,
    aws_profile: &'static str,
    stack: &'static str,
}

const OPTIONS: Names =
    Names { api_url: "--api-url", region: "--region", aws_profile: "--aws-profile", stack: "--stack" };
/// Those without a variable are never set in that layer.
const VARIABLES: Names =
    Names { api_url: variables::API_URL, region: "", aws_profile: variables::AWS_PROFILE, stack: "" };

enum Layer {
    Options,
    Variables,
    File(Origin),
}

impl Layer {
    fn origin(&self, name: fn(&Names) -> &'static str) -> Origin {
        match self {
            Self::Options => Origin::Option(name(&OPTIONS)),
            Self::Variables => Origin::Variable(name(&VARIABLES)),
            Self::File(origin) => origin.clone(),
        }
    }
}

/// The first wins. `--profile` is an option, so its profile comes before `vend.toml`.
fn layers(options: &Global, folder: &Path) -> Result<Vec<(Layer, Values)>, Failure> {
    let given = Values {
        api_url: options.api_url.clone(),
        region: options.region.clone(),
        aws_profile: options.aws_profile.clone(),
        stack: options.stack.clone(),
    };
    let from_variables = Values {
        api_url: variables::read(variables::API_URL),
        aws_profile: variables::read(variables::AWS_PROFILE),
        ..Values::default()
    };
    let variable = variables::read(variables::PROFILE);
    let project = file::project(folder)?.map(|(path, values)| (Layer::File(Origin::File(path)), values));
    let profile = match (&options.profile, &variable) {
        (Some(name), _) | (None, Some(name)) => Some(file::required_profile(name)?),
        (None, None) => file::profile(DEFAULT_PROFILE)?,
    };
    let profile = profile.map(|(name, path, values)| (Layer::File(Origin::Profile(name, path)), values));
    let mut layers = vec![(Layer::Options, given), (Layer::Variables, from_variables)];
    if options.profile.is_some() {
        layers.extend(profile.into_iter().chain(project));
    } else {
        layers.extend(project.into_iter().chain(profile));
    }
    Ok(layers)
}
