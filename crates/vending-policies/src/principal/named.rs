//! The principals that have a name.

use std::borrow::Cow;

use strum::{Display, EnumString, VariantArray};

use crate::values::Values;

/// The principals that cases name without an ARN.
#[derive(Clone, Copy, Debug, Display, EnumString, Eq, PartialEq, VariantArray)]
pub enum Named {
    #[strum(serialize = "root")]
    Root,
    #[strum(serialize = "rootSession")]
    RootSession,
    AccountVending,
    OrganizationBuilder,
    OrganizationAccountAccessRole,
    #[strum(serialize = "AWSControlTowerExecution")]
    AwsControlTowerExecution,
    #[strum(serialize = "engineer")]
    Engineer,
    #[strum(serialize = "githubRole")]
    GithubRole,
    #[strum(serialize = "identityCenterUser")]
    IdentityCenterUser,
    #[strum(serialize = "iamUser")]
    IamUser,
    #[strum(serialize = "iamUserWithMfa")]
    IamUserWithMfa,
    #[strum(serialize = "role")]
    Role,
    #[strum(serialize = "webIdentity")]
    WebIdentity,
}

impl Named {
    /// Who the principal is.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Root => "The root user of the account, with its own credentials",
            Self::RootSession => "A session of `sts:AssumeRoot`, by which centralized root access works",
            Self::AccountVending => "The role that vends the account, `/account-vending/AccountVending`",
            Self::OrganizationBuilder => {
                "The role that builds the core accounts, `/account-vending/OrganizationBuilder`"
            }
            Self::OrganizationAccountAccessRole => "The role that AWS Organizations creates in new accounts",
            Self::AwsControlTowerExecution => "The role of AWS Control Tower",
            Self::Engineer => "The engineers' role, `/account-vending/access/Engineer`",
            Self::GithubRole => "The role of a GitHub repository, below `/account-vending/access/github/`",
            Self::IdentityCenterUser => "A user of IAM Identity Center, with AdministratorAccess",
            Self::IamUser => "An IAM user with an access key, without MFA",
            Self::IamUserWithMfa => "An IAM user with temporary credentials and MFA",
            Self::Role => "Any other role, such as that of an application",
            Self::WebIdentity => {
                "The token of an OIDC provider, such as that of a GitHub workflow; `with` has its claims"
            }
        }
    }

    /// The part of the ARN after the account. A web identity has none.
    pub(super) fn resource(self, values: &Values) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self {
            Self::Root | Self::RootSession => "root",
            Self::AccountVending => "role/account-vending/AccountVending",
            Self::OrganizationBuilder => "role/account-vending/OrganizationBuilder",
            Self::OrganizationAccountAccessRole => {
                return Some(Cow::Owned(format!("role/{}", values.organization_access_role)));
            }
            Self::AwsControlTowerExecution => "role/AWSControlTowerExecution",
            Self::Engineer => "role/account-vending/access/Engineer",
            Self::GithubRole => "role/account-vending/access/github/github-acme.payments",
            Self::IdentityCenterUser => {
                "role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_AdministratorAccess_0123456789abcdef"
            }
            Self::IamUser | Self::IamUserWithMfa => "user/Sam",
            Self::Role => "role/Application",
            Self::WebIdentity => return None,
        }))
    }
}
