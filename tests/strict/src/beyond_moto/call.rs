//! One call to what moto has not got, and the state that it is about.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::Settling;
use crate::faults::AwsError;
use crate::proxy::lock;
use crate::wire::{Answer, AwsRequest, answer};

/// The fields of an answer, or the error instead.
pub(super) type Outcome = Result<Value, AwsError>;

pub(super) struct Call<'a> {
    pub(super) request: &'a AwsRequest,
    /// The account that the caller acts in.
    pub(super) account: &'a str,
    pub(super) now: Duration,
    pub(super) settling: Settling,
}

impl Call<'_> {
    pub(super) fn region(&self) -> &str {
        self.request.region.as_deref().unwrap_or("us-east-1")
    }

    /// Empty where the call lacks it.
    pub(super) fn text(&self, parameter: &str) -> &str {
        self.request.text(parameter).unwrap_or_default()
    }

    pub(super) fn value(&self, parameter: &str) -> &Value {
        &self.request.parameters[parameter]
    }

    /// The texts of a list.
    pub(super) fn texts(&self, parameter: &str) -> Vec<String> {
        let listed = self.value(parameter).as_array().into_iter().flatten();
        listed.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(super) fn told(&self, outcome: Outcome) -> Answer {
        match outcome {
            Ok(fields) => answer::ok(&fields),
            Err(error) => answer::error(self.request, &error),
        }
    }
}

/// What each account has in each region.
pub(super) struct Places<T>(Mutex<HashMap<(String, String), T>>);

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Default> Places<T> {
    pub(super) fn at<R>(&self, call: &Call<'_>, look: impl FnOnce(&mut T) -> R) -> R {
        self.in_account(call.account, call.region(), look)
    }

    /// Of services that are the same in every region.
    pub(super) fn everywhere<R>(&self, account: &str, look: impl FnOnce(&mut T) -> R) -> R {
        self.in_account(account, "", look)
    }

    fn in_account<R>(&self, account: &str, region: &str, look: impl FnOnce(&mut T) -> R) -> R {
        look(lock(&self.0).entry((account.to_owned(), region.to_owned())).or_default())
    }
}

/// A page of at most so many, and the token of the next one, which is the number of those already given.
pub(super) fn page(all: Vec<Value>, token: Option<&str>, size: Option<u64>, most: usize) -> (Vec<Value>, Value) {
    let start = token.and_then(|token| token.parse().ok()).unwrap_or(0_usize);
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(most).clamp(1, most);
    let end = start.saturating_add(size);
    let next = if end < all.len() { Value::String(end.to_string()) } else { Value::Null };
    (all.into_iter().skip(start).take(size).collect(), next)
}

/// An id that looks like AWS's, different for each number.
pub(super) fn uuid(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_follow_one_another() {
        let all = || vec![json!(1), json!(2), json!(3)];
        assert_eq!(page(all(), None, Some(2), 50), (vec![json!(1), json!(2)], json!("2")));
        assert_eq!(page(all(), Some("2"), Some(2), 50), (vec![json!(3)], Value::Null));
        assert_eq!(page(all(), None, None, 50), (all(), Value::Null));
    }
}
