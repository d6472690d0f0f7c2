//! Who makes a call.

use super::arns::{account_of, role_name};
use crate::emulators::Emulator;

#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The account that the caller acts in.
    pub(crate) account: String,
    /// None of an account itself.
    pub(crate) session: Option<Session>,
    /// AWS knows no access key that it has not given out.
    pub(crate) is_known: bool,
    /// The function that calls, whatever credentials it uses; none of a caller that is no function.
    pub(crate) function: Option<String>,
}

/// A role in use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Session {
    pub(crate) role_arn: String,
    pub(crate) name: String,
    /// What the session was narrowed to, as a policy document.
    pub(crate) policy: Option<String>,
    /// Where the role's policies are to be read.
    pub(crate) home: Emulator,
    /// Who took the role on, where that is a function.
    pub(crate) function: Option<String>,
}

impl Caller {
    pub(crate) fn root(account: &str) -> Self {
        Self { account: account.to_owned(), session: None, is_known: true, function: None }
    }

    pub(super) fn of(session: Session) -> Self {
        let account = account_of(&session.role_arn).to_owned();
        let function = session.function.clone();
        Self { account, session: Some(session), is_known: true, function }
    }

    /// As AWS names the caller in its messages.
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
    fn a_session_is_named_without_the_path_of_its_role() {
        let role_arn = "arn:aws:iam::111111111111:role/account-vending/AccountVending".to_owned();
        let session = Session { role_arn, name: "vend".to_owned(), policy: None, home: Emulator::Aws, function: None };
        assert_eq!(Caller::of(session).arn(), "arn:aws:sts::111111111111:assumed-role/AccountVending/vend");
        assert_eq!(Caller::root("123456789012").arn(), "arn:aws:iam::123456789012:root");
    }
}
