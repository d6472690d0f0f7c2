//! `POST /accounts?dryRun=true`: what would be done, and what stands in the way. Nothing is done.

use aws_lambda_events::http::StatusCode;
use aws_lambda_events::query_map::QueryMap;
use schemars::JsonSchema;
use serde::Serialize;
use vending_core::{AccountRequest, ErrorCode, Owner, Problem, RequestId, Requester, StepError};
use vending_requests::Action;

use crate::AccountsApi;
use crate::answer::{Answer, Refusal, json};

/// How many calls of ListAccounts a dry run makes, 20 accounts each: it has the time of one API call.
const PAGES: usize = 25;
/// Regions and contacts of an account are set by this service, from the management account.
const ACCOUNT_MANAGEMENT: &str = "account.amazonaws.com";

/// What a request would come to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Preflight {
    /// Always `true`: says that nothing was done.
    #[schemars(extend("const" = true))]
    dry_run: bool,
    action: Action,
    /// The request that it would be, or that it would join.
    request_id: RequestId,
    /// The request in full, with what was derived for it.
    request: AccountRequest,
    /// Of new accounts only, and where AWS tells it.
    account_quota: Option<AccountQuota>,
    obstacles: Vec<Obstacle>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AccountQuota {
    limit: usize,
    /// `null` in an organization that is too large to be counted here.
    accounts: Option<usize>,
}

/// Something that stands in the way.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Obstacle {
    /// The code that the request would fail with, or `Conflict`.
    code: String,
    detail: String,
    remedy: String,
    owner: Owner,
}

impl AccountsApi {
    pub(crate) async fn dry_run(&self, request: AccountRequest, caller: &Requester) -> Result<Answer, Refusal> {
        let preview = self.requests.preview(&request, caller).await?;
        let mut obstacles: Vec<Obstacle> = preview.obstacle.map(Obstacle::conflict).into_iter().collect();
        let mut account_quota = None;
        if preview.action == Action::Vend {
            account_quota = self.room(&request, &mut obstacles).await?;
            obstacles.extend(self.untrusted().await?);
        }
        let (action, request_id) = (preview.action, preview.request_id);
        let view = Preflight { dry_run: true, action, request_id, request, account_quota, obstacles };
        Ok(json(StatusCode::OK, &view)?)
    }

    /// Whether a new account has room, and its email is free in the organization. Whether it is free in all of AWS,
    /// only CreateAccount tells.
    async fn room(
        &self,
        request: &AccountRequest,
        obstacles: &mut Vec<Obstacle>,
    ) -> Result<Option<AccountQuota>, StepError> {
        let census = self.units.organization().census(&request.account_email, PAGES).await?;
        if let Some(holder) = census.holder {
            let detail = format!("account {holder} of the organization has this email, and was not vended");
            obstacles.push(Obstacle::of(ErrorCode::EmailAlreadyExists, detail));
        }
        let Some(limit) = self.quotas.accounts().await? else {
            return Ok(None);
        };
        if census.accounts.is_some_and(|accounts| accounts >= limit) {
            let detail = format!("the organization has all of the {limit} accounts that its quota allows");
            obstacles.push(Obstacle::of(ErrorCode::AccountLimitExceeded, detail));
        }
        Ok(Some(AccountQuota { limit, accounts: census.accounts }))
    }

    async fn untrusted(&self) -> Result<Option<Obstacle>, StepError> {
        if self.units.organization().trusts(ACCOUNT_MANAGEMENT).await? {
            return Ok(None);
        }
        let detail = format!("{ACCOUNT_MANAGEMENT} has no trusted access to the organization");
        let remedy = format!(
            "in the management account: aws organizations enable-aws-service-access --service-principal {ACCOUNT_MANAGEMENT}"
        );
        Ok(Some(Obstacle { remedy, ..Obstacle::of(ErrorCode::AccessDenied, detail) }))
    }
}

impl Obstacle {
    fn of(code: ErrorCode, detail: String) -> Self {
        Self { code: code.to_string(), detail, remedy: code.remedy().to_owned(), owner: code.owner() }
    }

    fn conflict(detail: String) -> Self {
        let remedy = "do what the detail says".to_owned();
        Self { code: "Conflict".to_owned(), detail, remedy, owner: Owner::Requester }
    }
}

pub(crate) fn is_dry_run(parameters: &QueryMap) -> Result<bool, Refusal> {
    match parameters.first("dryRun") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong("must be true or false")),
    }
}

/// Where there is no dry run, asking for one must not do the real thing.
pub(crate) fn refuse_dry_run(parameters: &QueryMap) -> Result<(), Refusal> {
    match parameters.first("dryRun") {
        None | Some("false") => Ok(()),
        Some(_) => Err(wrong("is for POST /accounts only")),
    }
}

fn wrong(detail: &str) -> Refusal {
    Refusal::invalid(vec![Problem { pointer: "?dryRun".to_owned(), detail: detail.to_owned() }])
}
