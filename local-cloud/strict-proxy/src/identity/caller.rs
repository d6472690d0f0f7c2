//! The caller of an AWS API.

use super::arns::{account_id, role_name};
use crate::emulators::Emulator;

#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The account of the caller.
    pub(crate) account: String,
    /// `None` for the root of an account.
    pub(crate) session: Option<Session>,
    /// Whether the access key exists.
    pub(crate) is_known: bool,
    /// The calling function, whatever credentials it uses; `None` for other callers.
    pub(crate) function: Option<String>,
}

/// A session of a role.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Session {
    pub(crate) role_arn: String,
    pub(crate) name: String,
    /// The session policy.
    pub(crate) policy: Option<String>,
    /// The emulator that has the policies of the role.
    pub(crate) emulator: Emulator,
    /// The function that assumed the role, if it was a function.
    pub(crate) function: Option<String>,
}

impl Caller {
    pub(crate) fn root(account: &str) -> Self {
        Self { account: account.to_owned(), session: None, is_known: true, function: None }
    }

    pub(super) fn from_session(session: Session) -> Self {
        let account = account_id(&session.role_arn).to_owned();
        let function = session.function.clone();
        Self { account, session: Some(session), is_known: true, function }
    }

    /// The ARN in the messages of AWS.
    pub(crate) fn arn(&self) -> String {
        match &self.session {
            Some(session) => {
                let (role, name) = (role_name(&session.role_arn), &session.name);
                format!("arn:aws:sts::{}:assumed-role/{role}/{name}", self.account)
            }
            None => format!("arn:aws:iam::{}:root", self.account),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_arn_omits_the_path_of_the_role() {
        let role_arn = "arn:aws:iam::111111111111:role/account-vending/AccountVending".to_owned();
        let session =
            Session { role_arn, name: "vend".to_owned(), policy: None, emulator: Emulator::Aws, function: None };
        assert_eq!(Caller::from_session(session).arn(), "arn:aws:sts::111111111111:assumed-role/AccountVending/vend");
        assert_eq!(Caller::root("123456789012").arn(), "arn:aws:iam::123456789012:root");
    }
}
