//! `vend list`.

use serde::de::DeserializeOwned;
use vending_client::{AccountFilter, AccountSummary, Document, Error, Pages, RequestFilter, RequestSummary};

use crate::cli::{List, ListAccounts, ListRequests, Listed};
use crate::console::{self, Console};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::{Entry, Raw};
use crate::moment::at;
use crate::table;

pub(crate) fn run(list: &List, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    match &list.what {
        Listed::Accounts(accounts) => list_accounts(accounts, context, console),
        Listed::Requests(requests) => list_requests(requests, context, console),
    }
}

fn list_accounts(list: &ListAccounts, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    let ListAccounts { ou, owner, state, limit } = list.clone();
    let filter = AccountFilter { organizational_unit: ou, owner, state: state.map(|state| state.to_uppercase()) };
    let client = context.client(console)?;
    let item = |account| Entry::AccountItem { account };
    let listed = collect(client.accounts(&filter), limit, console, item).map_err(|error| context.failure(error))?;
    let complete = listed.complete;
    let text = || accounts_text(&listed.items);
    let entry = || Entry::Accounts { accounts: listed.items.iter().cloned().map(Raw::from).collect(), complete };
    listed.print("accounts", text, entry, console);
    Ok(Exit::Done)
}

fn list_requests(list: &ListRequests, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    let filter = RequestFilter { status: list.status.as_ref().map(|status| status.to_uppercase()) };
    let limit = Some(list.limit).filter(|limit| *limit > 0);
    let client = context.client(console)?;
    let item = |request| Entry::RequestItem { request };
    let listed = collect(client.requests(&filter), limit, console, item).map_err(|error| context.failure(error))?;
    let complete = listed.complete;
    let text = || requests_text(&listed.items);
    let entry = || Entry::Requests { requests: listed.items.iter().cloned().map(Raw::from).collect(), complete };
    listed.print("requests", text, entry, console);
    Ok(Exit::Done)
}

struct Collected<T> {
    items: Vec<Document<T>>,
    /// Whether the limit left nothing out.
    complete: bool,
}

/// Reads a list up to the limit. A stream prints each item as soon as it is read.
fn collect<T: Clone + DeserializeOwned>(
    pages: Pages<'_, T>,
    limit: Option<usize>,
    console: &mut Console,
    item: impl Fn(Raw<T>) -> Entry,
) -> Result<Collected<T>, Error> {
    let mut items = Vec::new();
    for document in pages {
        let document = document?;
        if limit == Some(items.len()) {
            return Ok(Collected { items, complete: false });
        }
        console.stream(|| item(document.clone().into()));
        items.push(document);
    }
    Ok(Collected { items, complete: true })
}

impl<T> Collected<T> {
    fn print(&self, what: &str, text: impl FnOnce() -> String, entry: impl FnOnce() -> Entry, console: &mut Console) {
        let (count, complete) = (self.items.len(), self.complete);
        if console.is_stream() {
            console.stream(|| Entry::End { count, complete });
        } else if count > 0 || !console.is_for_people() {
            console.data(text, entry);
        } else {
            console.message(&format!("no {what}"));
        }
        if !complete {
            console::warning(&format!("these are the first {count} {what}; list more with --limit"));
        }
    }
}

fn accounts_text(accounts: &[Document<AccountSummary>]) -> String {
    let row = |account: &Document<AccountSummary>| {
        vec![
            account.account_id.to_string(),
            account.state.to_string(),
            account.account_name.clone(),
            account.organizational_unit.clone(),
            account.owner.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = accounts.iter().map(row).collect();
    table::render(&["ACCOUNT", "STATE", "NAME", "OU", "OWNER"], &rows)
}

fn requests_text(requests: &[Document<RequestSummary>]) -> String {
    let row = |request: &Document<RequestSummary>| {
        vec![
            request.request_id.to_string(),
            request.status.to_string(),
            at(request.requested_at),
            request.account_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            request.account_name.clone(),
            request.organizational_unit.clone(),
        ]
    };
    let rows: Vec<_> = requests.iter().map(row).collect();
    table::render(&["REQUEST", "STATUS", "REQUESTED", "ACCOUNT", "NAME", "OU"], &rows)
}
