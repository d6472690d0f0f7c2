//! Sets the security, billing, and operations contacts of the account.
//!
//! A contact comes from the request, or else from the settings. A contact type that neither sets is not changed. The step
//! calls the Account Management API from the management account, so it needs no session in the account.

mod alternate;
mod wanted;

use aws_config::SdkConfig;
use aws_sdk_account::Client;
use vending_core::{BaselineInput, RequestId, StepError};
use vending_runtime::{BaselineStep, Changes, Converged};

use crate::alternate::Alternate;
use crate::wanted::wanted;

#[derive(Debug)]
pub struct SetContacts {
    client: Client,
}

impl SetContacts {
    pub fn new(config: &SdkConfig) -> Self {
        // The API has one endpoint for a partition. The endpoint rules of the SDK choose it.
        Self { client: Client::new(config) }
    }
}

impl BaselineStep for SetContacts {
    const NAME: &'static str = "SetContacts";
    type Target = Client;
    type Result = ();

    fn skip_reason(&self, input: &BaselineInput) -> Option<String> {
        let is_empty = wanted(input).is_empty();
        is_empty.then(|| "neither the request nor the manifest has contacts".to_owned())
    }

    async fn open(&self, _request: &RequestId, _input: &BaselineInput) -> Result<Client, StepError> {
        Ok(self.client.clone())
    }

    async fn converge(
        &self,
        client: &Client,
        input: &BaselineInput,
        changes: &Changes,
    ) -> Result<Converged, StepError> {
        let wanted = wanted(input);
        let propagation_end = input.propagation_end();
        // One after the other: AWS allows five of these calls per second for the whole organization.
        for wanted in &wanted {
            let alternate = Alternate { client, account_id: &input.account_id, wanted, propagation_end };
            changes.part(wanted.name, async |changes| alternate.converge(&changes).await).await?;
        }
        let names: Vec<&str> = wanted.iter().map(|wanted| wanted.name).collect();
        Ok(Converged::new(format!("the contacts are set: {}", names.join(", "))))
    }
}

#[cfg(test)]
mod tests;
