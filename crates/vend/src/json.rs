//! What is printed for machines, and its schemas.
//!
//! `--output json` prints one [`Printed`]. `--output jsonl` prints a [`StreamStart`] and then an [`Entry`] in each line.
//! A new field or kind does not change the version; a removed or changed one does.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, schema_for};
use serde::{Serialize, Serializer};
use serde_json::Value;
use vending_client::{
    AccountSummary, AccountView, Action, Document, Open, OrganizationPlan, OrganizationRun, Plan, RequestSummary,
    RequestView, StepView,
};
use vending_core::{AccountId, PlanId, PlanStatus, RequestId, Status};

use crate::failure::{Failure, PlacedProblem};

pub(crate) const FORMAT_VERSION: u32 = 1;

/// The object that `--output json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Printed {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT_VERSION))]
    pub(crate) format_version: u32,
    #[serde(flatten)]
    pub(crate) entry: Entry,
}

/// The first line that `--output jsonl` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamStart {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT_VERSION))]
    format_version: u32,
    #[schemars(extend("const" = "stream"))]
    kind: &'static str,
}

/// One line that `--output jsonl` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Line {
    Start(StreamStart),
    Entry(Entry),
}

/// What a command prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Entry {
    /// `vend whoami`.
    Identity { arn: String, account: String, settings: Vec<ShownSetting> },
    /// `vend configure`: the file that was written.
    Configuration { file: String, profile: Option<String> },
    /// `vend show` of an account: its record.
    Account { account: Raw<AccountView> },
    /// `vend show` of a request, and the end of `vend watch`.
    Request { request: Raw<RequestView> },
    /// `vend list accounts`.
    Accounts {
        accounts: Vec<Raw<AccountSummary>>,
        /// Whether these are all. `--limit` can end a list early.
        complete: bool,
    },
    /// `vend list requests`.
    Requests {
        requests: Vec<Raw<RequestSummary>>,
        /// Whether these are all. `--limit` can end a list early.
        complete: bool,
    },
    /// A line of `vend list accounts`.
    AccountItem { account: Raw<AccountSummary> },
    /// A line of `vend list requests`.
    RequestItem { request: Raw<RequestSummary> },
    /// The last line of a list.
    End { count: usize, complete: bool },
    /// `vend request --plan`.
    Plan { plan: Raw<Plan> },
    /// `vend request`: what was done.
    Submission(SubmissionEntry),
    /// `vend organization validate` of a valid manifest.
    Manifest { file: String, organizational_units: usize, policies: usize },
    /// `vend organization plan`, and `vend organization apply` if there is no run.
    OrganizationPlan {
        file: String,
        plan: Raw<OrganizationPlan>,
        /// The blockers of the plan, with their places in the file.
        blockers: Vec<PlacedProblem>,
    },
    /// `vend organization apply`, and the end of `vend watch` of a run.
    OrganizationRun { run: Raw<OrganizationRun> },
    /// A change of a plan that `vend organization` saw.
    OrganizationPlanStatus { plan_id: PlanId, status: Raw<Open<PlanStatus>> },
    /// A change of a run that `vend organization apply` or `vend watch` saw.
    OrganizationRunStatus { run_id: PlanId, status: Raw<Open<PlanStatus>> },
    /// A change of a step that `vend watch` saw.
    Step { request_id: RequestId, step: Raw<StepView> },
    /// A change of the request that `vend watch` saw.
    Status { request_id: RequestId, status: Raw<Open<Status>> },
    /// Why a command failed. The same is printed for people on stderr.
    Error {
        exit_code: u8,
        message: String,
        problems: Vec<PlacedProblem>,
        /// What to do, in sentences.
        advice: Vec<String>,
    },
}

/// What `vend request` did.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionEntry {
    /// What the request was when it was sent. With `NONE`, nothing was sent.
    pub(crate) action: Raw<Open<Action>>,
    pub(crate) request_id: RequestId,
    pub(crate) account_id: Option<AccountId>,
    pub(crate) status: Raw<Open<Status>>,
}

/// A setting, and where it comes from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShownSetting {
    /// The name of its option, without dashes at the start.
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) origin: String,
}

/// What the API returned, with the fields that this version does not know. Its schema is that of `T`.
#[derive(Clone)]
pub struct Raw<T> {
    json: Value,
    of: PhantomData<T>,
}

impl<T> Raw<T> {
    pub(crate) fn new(json: Value) -> Self {
        Self { json, of: PhantomData }
    }
}

impl<T> From<Document<T>> for Raw<T> {
    fn from(document: Document<T>) -> Self {
        Self::new(document.into_json())
    }
}

impl<T: Serialize> From<&Open<T>> for Raw<Open<T>> {
    fn from(word: &Open<T>) -> Self {
        Self::new(word.to_string().into())
    }
}

impl<T> Serialize for Raw<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl<T> fmt::Debug for Raw<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json.fmt(formatter)
    }
}

impl<T: JsonSchema> JsonSchema for Raw<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl Default for StreamStart {
    fn default() -> Self {
        Self { format_version: FORMAT_VERSION, kind: "stream" }
    }
}

impl SubmissionEntry {
    /// For people and for `cut`.
    pub(crate) fn to_line(&self) -> String {
        format!("{}  {}", self.request_id, self.status.json.as_str().unwrap_or_default())
    }
}

impl Entry {
    pub(crate) fn error(failure: &Failure) -> Self {
        Self::Error {
            exit_code: failure.exit.code(),
            message: failure.message.clone(),
            problems: failure.problems.clone(),
            advice: failure.advice.clone(),
        }
    }
}

/// The schemas of the files in `schemas/`: what `--output json` prints, and a line of `--output jsonl`.
pub fn schemas() -> [(&'static str, Value); 2] {
    [
        ("schemas/vend-output.schema.json", schema_for!(Printed).to_value()),
        ("schemas/vend-stream.schema.json", schema_for!(Line).to_value()),
    ]
}
