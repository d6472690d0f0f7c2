//! The placeholders of documents and cases, such as `{{governedRegions}}`.

use strum::{Display, EnumString, VariantArray};
use vending_core::nearest;

/// A placeholder, by its name.
#[derive(Clone, Copy, Debug, Display, EnumString, Eq, Ord, PartialEq, PartialOrd, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Placeholder {
    GovernedRegions,
    HomeRegion,
    TrailName,
    LogBucketPrefix,
    GithubSubjects,
    OrganizationId,
    ManagementAccountId,
    OrganizationAccessRole,
    AccountId,
    OtherRegion,
    GithubOwner,
    GithubOwnerId,
}

impl Placeholder {
    /// What the placeholder stands for.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::GovernedRegions => "The governed Regions",
            Self::HomeRegion => "The home Region",
            Self::TrailName => "The name of the organization trail",
            Self::LogBucketPrefix => "What the names of the buckets of the log archive begin with",
            Self::GithubSubjects => {
                "Patterns of the `sub` claim of all repositories of all `githubOwners`, in both formats of GitHub"
            }
            Self::OrganizationId => "The ID of the organization",
            Self::ManagementAccountId => "The ID of the management account",
            Self::OrganizationAccessRole => "The name of the role that AWS Organizations creates in new accounts",
            Self::AccountId => "The account of a case, 111122223333",
            Self::OtherRegion => "A Region that is not governed",
            Self::GithubOwner => "One of the `githubOwners`",
            Self::GithubOwnerId => "The ID of that owner on GitHub",
        }
    }

    /// Where the value comes from.
    pub const fn source(self) -> &'static str {
        match self {
            Self::GovernedRegions | Self::OtherRegion => "`governedRegions` of the manifest",
            Self::HomeRegion => "`homeRegion` of the manifest",
            Self::TrailName => "`trail.name` of the manifest",
            Self::LogBucketPrefix => "`logArchive` of the manifest",
            Self::GithubSubjects | Self::GithubOwner | Self::GithubOwnerId => {
                "`vending.githubOwners` at the root or an OU of the manifest"
            }
            Self::OrganizationId | Self::ManagementAccountId => "AWS",
            Self::OrganizationAccessRole => "The parameter `OrganizationAccessRoleName` of the stack",
            Self::AccountId => "Fixed",
        }
    }

    /// Whether the placeholder stands for a list, as the only element of an array.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::GovernedRegions | Self::GithubSubjects)
    }

    /// Whether documents can have the placeholder.
    pub const fn is_for_documents(self) -> bool {
        !matches!(self, Self::AccountId | Self::OtherRegion | Self::GithubOwner | Self::GithubOwnerId)
    }

    /// Whether cases can have the placeholder.
    pub const fn is_for_cases(self) -> bool {
        !self.is_list()
    }
}

/// A part of a string with placeholders.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part<'a> {
    Text(&'a str),
    Placeholder(Placeholder),
}

/// Splits a string at its placeholders. Fails with what is wrong with one.
pub(crate) fn parts(text: &str, is_allowed: fn(Placeholder) -> bool) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or("has `{{` without `}}`; write a placeholder as {{name}}")?;
        let known = name.parse().ok().filter(|placeholder| is_allowed(*placeholder));
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Placeholder(known.ok_or_else(|| unknown(name, is_allowed))?));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

fn unknown(name: &str, is_allowed: fn(Placeholder) -> bool) -> String {
    let allowed = Placeholder::VARIANTS.iter().filter(|placeholder| is_allowed(**placeholder));
    let names: Vec<String> = allowed.map(ToString::to_string).collect();
    let meant = match nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("; did you mean {{{{{meant}}}}}?"),
        None => ".".to_owned(),
    };
    format!("has the unknown placeholder {{{{{name}}}}}{meant} The placeholders are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parts(text, Placeholder::is_for_documents).unwrap_err()
    }

    #[test]
    fn string_is_split_at_its_placeholders() {
        let text = "arn:aws:s3:::{{logBucketPrefix}}*/{{homeRegion}}";
        let expected = [
            Part::Text("arn:aws:s3:::"),
            Part::Placeholder(Placeholder::LogBucketPrefix),
            Part::Text("*/"),
            Part::Placeholder(Placeholder::HomeRegion),
        ];
        assert_eq!(parts(text, Placeholder::is_for_documents).unwrap(), expected);
        assert_eq!(parts("${aws:username}", Placeholder::is_for_documents).unwrap(), [Part::Text("${aws:username}")]);
    }

    #[test]
    fn unknown_placeholder_is_a_problem_with_a_suggestion() {
        let known = "governedRegions, homeRegion, trailName, logBucketPrefix, githubSubjects, organizationId, \
                     managementAccountId, organizationAccessRole";
        assert_eq!(
            error("{{govenedRegions}}"),
            format!(
                "has the unknown placeholder {{{{govenedRegions}}}}; did you mean {{{{governedRegions}}}}? The placeholders are {known}"
            )
        );
        assert_eq!(error("{{x}}"), format!("has the unknown placeholder {{{{x}}}}. The placeholders are {known}"));
        assert_eq!(error("a{{homeRegion}"), "has `{{` without `}}`; write a placeholder as {{name}}");
    }

    #[test]
    fn placeholders_of_cases_are_not_for_documents() {
        assert!(error("{{otherRegion}}").contains("unknown placeholder {{otherRegion}}"));
        assert!(parts("{{otherRegion}}", Placeholder::is_for_cases).is_ok());
        assert!(parts("{{governedRegions}}", Placeholder::is_for_cases).is_err());
    }
}
