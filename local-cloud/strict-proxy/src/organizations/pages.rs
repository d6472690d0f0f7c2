//! Empty pages: "These operations can occasionally return an empty set of results even when more results are available"
//! (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>, and so for each list of
//! Organizations).

use std::sync::Mutex;

use fastrand::Rng;
use hyper::body::Bytes;
use local_cloud::strict::Pages;
use serde_json::Value;

use crate::sync::lock;
use crate::wire::{AwsRequest, AwsResponse, response};

pub(super) struct EmptyPages {
    seed: u64,
    state: Mutex<(Pages, Rng)>,
}

/// The prefix of the token of an empty page. The token of the request follows, if it had one.
const TOKEN: &str = "empty-page.";

impl EmptyPages {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, state: Mutex::new((Pages::default(), Rng::with_seed(seed))) }
    }

    pub(super) fn settings(&self) -> Pages {
        lock(&self.state).0
    }

    pub(super) fn set(&self, pages: Pages) {
        *lock(&self.state) = (pages, Rng::with_seed(pages.seed.unwrap_or(self.seed)));
    }

    /// Empties a successful response at random.
    pub(super) fn empty_by_chance(&self, request: &AwsRequest, response: AwsResponse) -> AwsResponse {
        if !response.status().is_success() || !self.is_next_empty() {
            return response;
        }
        match serde_json::from_slice(response.body()) {
            Ok(Value::Object(mut fields)) => {
                fields.values_mut().filter_map(Value::as_array_mut).for_each(Vec::clear);
                let token = request.string("NextToken").unwrap_or_default();
                fields.insert("NextToken".to_owned(), format!("{TOKEN}{token}").into());
                response::ok(&Value::Object(fields))
            }
            _ => response,
        }
    }

    fn is_next_empty(&self) -> bool {
        let mut state = lock(&self.state);
        let (pages, rng) = &mut *state;
        // Draws no number while there are no empty pages, so that a seed always gives the same sequence.
        pages.empty_share > 0.0 && rng.f64() < pages.empty_share
    }
}

/// Returns the call without the token of an empty page, or `None` if it has no such token.
pub(super) fn strip_empty_token(request: &AwsRequest, body: &Bytes) -> Option<(AwsRequest, Bytes)> {
    let token = request.string("NextToken")?.strip_prefix(TOKEN)?;
    let next = |mut fields: Value| {
        match (token, fields.as_object_mut()) {
            ("", Some(fields)) => drop(fields.remove("NextToken")),
            _ => fields["NextToken"] = token.into(),
        }
        fields
    };
    let parameters = next(request.parameters.clone());
    let body = next(serde_json::from_slice(body).unwrap_or_default());
    Some((AwsRequest { parameters, ..request.clone() }, body.to_string().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(pages: &EmptyPages) -> Vec<bool> {
        (0..100).map(|_| pages.is_next_empty()).collect()
    }

    #[test]
    fn random_choices_repeat_with_their_seed() {
        let (one, other) = (EmptyPages::new(1), EmptyPages::new(2));
        assert!(!drawn(&one).contains(&true));
        for pages in [&one, &other] {
            pages.set(Pages { empty_share: 0.5, seed: Some(3) });
        }
        let first = drawn(&one);
        assert!(first.contains(&true) && first.contains(&false));
        assert_eq!(first, drawn(&other));
    }
}
