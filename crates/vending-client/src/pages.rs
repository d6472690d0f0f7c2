//! Lists, as iterators over all of their pages.

use std::collections::VecDeque;
use std::marker::PhantomData;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::document::Document;
use crate::error::Error;

/// The most that the API returns at once.
const PAGE_SIZE: &str = "100";
/// What a signature expects to be encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

type Parameters = Vec<(&'static str, String)>;

/// Which accounts `GET /accounts` lists.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Accounts in the OU of this path and below.
    pub organizational_unit: Option<String>,
    /// The email of the owner.
    pub owner: Option<String>,
    /// Such as `ACTIVE`.
    pub state: Option<String>,
}

/// Which requests `GET /requests` lists.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    /// Such as `FAILED`.
    pub status: Option<String>,
}

impl AccountFilter {
    pub(crate) fn parameters(&self) -> Parameters {
        given([("organizationalUnit", &self.organizational_unit), ("owner", &self.owner), ("state", &self.state)])
    }
}

impl RequestFilter {
    pub(crate) fn parameters(&self) -> Parameters {
        given([("status", &self.status)])
    }
}

fn given<const N: usize>(parameters: [(&'static str, &Option<String>); N]) -> Parameters {
    parameters.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
}

/// The items of all pages. A page is read when its first item is needed, and ends after an error.
#[derive(Debug)]
pub struct Pages<'a, T> {
    client: &'a Client,
    path: &'static str,
    /// The field of a page with the items.
    field: &'static str,
    parameters: Parameters,
    items: VecDeque<Value>,
    next: Next,
    item: PhantomData<T>,
}

#[derive(Debug)]
enum Next {
    First,
    Token(String),
    End,
}

impl<'a, T> Pages<'a, T> {
    pub(crate) fn new(client: &'a Client, path: &'static str, field: &'static str, parameters: Parameters) -> Self {
        Self { client, path, field, parameters, items: VecDeque::new(), next: Next::First, item: PhantomData }
    }

    /// Reads pages until one has an item: a page is filtered after it is read, and can be empty.
    fn fill(&mut self) -> Result<(), Error> {
        while self.items.is_empty() {
            let token = match std::mem::replace(&mut self.next, Next::End) {
                Next::First => None,
                Next::Token(token) => Some(token),
                Next::End => break,
            };
            let call = Call::get(self.path_with_query(token.as_deref()));
            let mut page: Value = self.client.read::<Value>(&call)?.into_json();
            let Some(Value::Array(items)) = page.get_mut(self.field).map(Value::take) else {
                let reason = format!("the page has no list `{}`", self.field);
                return Err(Error::Unexpected { call: call.name(), status: Some(200), reason });
            };
            self.items = items.into();
            if let Some(token) = page.get("nextToken").and_then(Value::as_str) {
                self.next = Next::Token(token.to_owned());
            }
        }
        Ok(())
    }

    fn path_with_query(&self, token: Option<&str>) -> String {
        let parameters = self.parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let token = token.map(|token| ("nextToken", token));
        let all = parameters.chain([("limit", PAGE_SIZE)]).chain(token);
        let query: Vec<String> =
            all.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED))).collect();
        format!("{}?{}", self.path, query.join("&"))
    }
}

impl<T: DeserializeOwned> Iterator for Pages<'_, T> {
    type Item = Result<Document<T>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fill() {
            return Some(Err(error));
        }
        let item = self.items.pop_front()?;
        Some(Document::from_json(item).map_err(|error| Error::Unexpected {
            call: format!("GET {}", self.path),
            status: Some(200),
            reason: format!("an item of the list is not what the API sends: {error}"),
        }))
    }
}
