//! What prevents a request.

use schemars::JsonSchema;
use serde::Serialize;
use vending_core::{ErrorCode, Owner, Problem};

/// Something that prevents the request from being accepted, or from being vended.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Blocker {
    /// The error code of the failure, or `Conflict`.
    code: String,
    /// The JSON pointer of the field in the request, if it is about a field.
    pointer: Option<String>,
    detail: String,
    remedy: String,
    owner: Owner,
}

impl Blocker {
    pub(crate) fn new(code: ErrorCode, detail: String) -> Self {
        let (remedy, owner) = (code.remedy().to_owned(), code.owner());
        Self { code: code.to_string(), pointer: None, detail, remedy, owner }
    }

    pub(crate) fn invalid(problem: Problem) -> Self {
        let Problem { pointer, detail } = problem;
        Self { pointer: Some(pointer), ..Self::new(ErrorCode::InvalidRequest, detail) }
    }

    pub(crate) fn conflict(detail: String) -> Self {
        let (code, remedy) = ("Conflict".to_owned(), "see `detail`".to_owned());
        Self { code, pointer: None, detail, remedy, owner: Owner::Requester }
    }

    #[must_use]
    pub(crate) fn with_remedy(self, remedy: String) -> Self {
        Self { remedy, ..self }
    }
}
