//! `vend show`.

use vending_client::Error;
use vending_core::{AccountId, RequestId};

use super::describe;
use crate::cli::Show;
use crate::console::Console;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::Entry;

pub(crate) fn run(show: &Show, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    let failed = |error: Error| context.failure(error);
    if let Ok(id) = show.id.parse::<AccountId>() {
        let account = context.client(console)?.account(&id).map_err(failed)?;
        console.data(|| describe::account(&account), || Entry::Account { account: account.clone().into() });
        return Ok(Exit::Done);
    }
    let id = request_id(&show.id)?;
    let request = context.client(console)?.request(&id).map_err(failed)?;
    console.data(|| describe::request(&request), || Entry::Request { request: request.clone().into() });
    Ok(Exit::Done)
}

pub(super) fn request_id(text: &str) -> Result<RequestId, Failure> {
    text.parse().map_err(|_| {
        let message =
            format!("`{text}` is not the ID of a request, such as nsitwn5ke2shymhizrnj-1, or of an account, 12 digits");
        Failure::usage(message)
    })
}
