//! A call to an emulated service, and the state of the service.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use local_cloud::strict::Delays;
use serde_json::Value;

use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

/// The fields of the response, or an error.
pub(super) type Outcome = Result<Value, AwsError>;

pub(super) struct Call<'a> {
    pub(super) request: &'a AwsRequest,
    /// The account of the caller.
    pub(super) account: &'a str,
    pub(super) now: Duration,
    pub(super) delays: Delays,
}

impl Call<'_> {
    pub(super) fn region(&self) -> &str {
        self.request.region.as_deref().unwrap_or("us-east-1")
    }

    /// Returns an empty string if the parameter is missing.
    pub(super) fn string(&self, parameter: &str) -> &str {
        self.request.string(parameter).unwrap_or_default()
    }

    pub(super) fn value(&self, parameter: &str) -> &Value {
        &self.request.parameters[parameter]
    }

    /// Returns the strings of a list parameter.
    pub(super) fn strings(&self, parameter: &str) -> Vec<String> {
        let listed = self.value(parameter).as_array().into_iter().flatten();
        listed.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Returns the page of a list that the call asks for, of at most `most` items, and the token of the next page.
    pub(super) fn page(&self, all: Vec<Value>, most: usize) -> (Vec<Value>, Value) {
        page(all, self.request.string("NextToken"), self.value("MaxResults").as_u64(), most)
    }

    pub(super) fn response(&self, outcome: Outcome) -> AwsResponse {
        match outcome {
            Ok(fields) => response::ok(&fields),
            Err(error) => response::error(self.request, &error),
        }
    }
}

/// State for each account and Region.
pub(super) struct ScopedState<T>(Mutex<HashMap<(String, String), T>>);

impl<T> Default for ScopedState<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Default> ScopedState<T> {
    pub(super) fn regional<R>(&self, call: &Call<'_>, change: impl FnOnce(&mut T) -> R) -> R {
        self.in_account(call.account, call.region(), change)
    }

    /// For global services.
    pub(super) fn global<R>(&self, account: &str, change: impl FnOnce(&mut T) -> R) -> R {
        self.in_account(account, "", change)
    }

    fn in_account<R>(&self, account: &str, region: &str, change: impl FnOnce(&mut T) -> R) -> R {
        change(lock(&self.0).entry((account.to_owned(), region.to_owned())).or_default())
    }
}

/// Returns a page of at most `most` items and the token of the next page, which is the number of items returned so far.
pub(crate) fn page(all: Vec<Value>, token: Option<&str>, size: Option<u64>, most: usize) -> (Vec<Value>, Value) {
    let start = token.and_then(|token| token.parse().ok()).unwrap_or(0_usize);
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(most).clamp(1, most);
    let end = start.saturating_add(size);
    let next = if end < all.len() { Value::String(end.to_string()) } else { Value::Null };
    (all.into_iter().skip(start).take(size).collect(), next)
}

/// Returns a UUID that is different for each number.
pub(crate) fn uuid(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_consecutive() {
        let all = || vec![json!(1), json!(2), json!(3)];
        assert_eq!(page(all(), None, Some(2), 50), (vec![json!(1), json!(2)], json!("2")));
        assert_eq!(page(all(), Some("2"), Some(2), 50), (vec![json!(3)], Value::Null));
        assert_eq!(page(all(), None, None, 50), (all(), Value::Null));
    }
}
