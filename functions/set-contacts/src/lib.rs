//! Sets the account's security, billing and operations contacts.
//!
//! They are asked for in the request, or else they are the stack's; a type that neither names is left alone. All of
//! it is done from the management account, over the Account Management API: nothing of it runs in the account.

mod alternate;
mod wanted;

use aws_config::SdkConfig;
use aws_sdk_account::Client;
use vending_core::{BaselineInput, Contacts, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged, Environment, StartError};

use crate::alternate::Alternate;
use crate::wanted::{Wanted, wanted};

#[derive(Debug)]
pub struct SetContacts {
    client: Client,
    defaults: Contacts,
}

impl SetContacts {
    /// Reads `SECURITY_CONTACT`, `BILLING_CONTACT` and `OPERATIONS_CONTACT`: whom AWS writes to where a request says
    /// nothing, each as `name, title, email, phone`; each may be missing.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        let defaults = Contacts {
            security: environment.parsed_if_set(wanted::SECURITY_CONTACT)?,
            billing: environment.parsed_if_set(wanted::BILLING_CONTACT)?,
            operations: environment.parsed_if_set(wanted::OPERATIONS_CONTACT)?,
        };
        // The API has one endpoint for a partition, whatever the Region: the SDK's endpoint rules choose it.
        Ok(Self { client: Client::new(config), defaults })
    }

    fn wanted<'a>(&'a self, input: &'a BaselineInput) -> Vec<Wanted<'a>> {
        wanted(&input.request.contacts, &self.defaults)
    }
}

impl BaselineStep for SetContacts {
    const NAME: &'static str = "SetContacts";
    type Account = Client;
    type Result = ();

    fn skip(&self, input: &BaselineInput) -> Option<String> {
        let nothing = self.wanted(input).is_empty();
        nothing.then(|| "no contacts are asked for, and the stack has none of its own".to_owned())
    }

    async fn enter(&self, _request: &RequestId, _input: &BaselineInput) -> Result<Client, StepError> {
        Ok(self.client.clone())
    }

    async fn converge(
        &self,
        client: &Client,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let wanted = self.wanted(input);
        let ready_by = input.ready_by();
        // One after the other: AWS takes five of these calls a second, of the whole organization.
        for wanted in &wanted {
            let alternate = Alternate { client, account_id: &input.account_id, wanted, ready_by };
            if !alternate.is_set().await? {
                changes.make(format!("set the {} contact", wanted.name), alternate.set()).await?;
            }
        }
        let names: Vec<&str> = wanted.iter().map(|wanted| wanted.name).collect();
        Ok(Converged::new(format!("the contacts are set: {}", names.join(", "))))
    }
}

#[cfg(test)]
mod tests;
