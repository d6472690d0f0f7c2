//! Where a client gets its credentials.

use std::error::Error;

use aws_credential_types::Credentials;

pub type CredentialError = Box<dyn Error + Send + Sync>;

/// Returns the credentials that the next call is signed with. A source of temporary credentials renews them.
pub trait CredentialSource: Send + Sync {
    fn credentials(&self) -> Result<Credentials, CredentialError>;
}

impl CredentialSource for Credentials {
    fn credentials(&self) -> Result<Credentials, CredentialError> {
        Ok(self.clone())
    }
}

impl<F: Fn() -> Result<Credentials, CredentialError> + Send + Sync> CredentialSource for F {
    fn credentials(&self) -> Result<Credentials, CredentialError> {
        self()
    }
}
