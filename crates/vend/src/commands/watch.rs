//! `vend watch`.

use std::time::Duration;

use vending_client::{Client, Document, RequestView};
use vending_core::{PlanId, RequestId, Status};

use super::describe;
use super::{organization, show::request_id};
use crate::cli::{Polling, Watch};
use crate::console::Console;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt;
use crate::json::Entry;
use crate::progress;

pub(crate) fn run(watch: &Watch, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    if let Ok(id) = watch.id.parse::<PlanId>() {
        return organization::watch(&context.client(console)?, &id, &watch.polling, context, console);
    }
    let id = request_id(&watch.id)?;
    let client = context.client(console)?;
    follow(&client, &id, &watch.polling, context, console)
}

/// Follows a request to its end, and prints it.
pub(super) fn follow(
    client: &Client,
    id: &RequestId,
    polling: &Polling,
    context: &Context<'_>,
    console: &mut Console,
) -> Result<Exit, Failure> {
    interrupt::watch_hint(id);
    let interval = Duration::from_secs(polling.interval.into());
    let request = progress::follow_request(client, id, interval, console).map_err(|error| {
        context.failure(error).with_advice(format!("the request goes on; follow it with: vend watch {id}"))
    })?;
    console.data(|| describe::request(&request), || Entry::Request { request: request.clone().into() });
    Ok(exit(&request))
}

fn exit(request: &Document<RequestView>) -> Exit {
    if request.status.is(&Status::Vended) { Exit::Done } else { Exit::Failed }
}
