//! `POST /accounts/adopt`: takes in an account that came by another road; for operators only.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::http::StatusCode;
use vending_core::{AccountRequest, AdoptionRequest, Problem, RequestRecord, Requester};
use vending_requests::{Asked, Candidate, Standing, TRIES, contended};

use crate::AccountsApi;
use crate::answer::{Answer, Refusal};
use crate::body::read_json;
use crate::dry_run::refuse_dry_run;

impl AccountsApi {
    pub(crate) async fn adopt(&self, caller: &Requester, event: &ApiGatewayProxyRequest) -> Result<Answer, Refusal> {
        if !self.operators.include(caller) {
            let detail =
                "only the operators of this stack may have an account adopted; see its parameter OperatorPrincipals";
            return Err(Refusal::new(StatusCode::FORBIDDEN, detail));
        }
        refuse_dry_run(&event.query_string_parameters)?;
        let asked = AdoptionRequest::parse(&read_json(event)?).map_err(Refusal::invalid)?;
        if asked.account_id == self.management_account {
            return Err(Refusal::conflict(
                "the management account cannot be adopted: the stack's own account is not vended",
            ));
        }
        for _ in 0..TRIES {
            let answer = match self.requests.candidate(self.units.organization(), &asked).await? {
                Candidate::Absent => Err(unknown(&asked)),
                Candidate::Unfit(why) => Err(Refusal::conflict(why)),
                Candidate::Stranger(request) => {
                    self.allow(&request)?;
                    let asked = self.requests.adopt(asked.account_id.clone(), *request, caller).await?;
                    self.answer_asked(asked).await
                }
                Candidate::Known(record) => match self.adopt_again(&record, caller).await? {
                    Some(asked) => self.answer_asked(asked).await,
                    None => continue, // Somebody else goes on with it: look again.
                },
            };
            return answer;
        }
        Err(contended().into())
    }

    /// An adoption that failed goes on; what stands or runs is shown.
    async fn adopt_again(&self, record: &RequestRecord, caller: &Requester) -> Result<Option<Asked>, Refusal> {
        if self.requests.standing(record).await? == Standing::Vended {
            return Ok(Some(Asked::Vended(Box::new(record.clone()))));
        }
        Ok(self.requests.change(record, record.request.clone(), caller).await?)
    }

    fn allow(&self, request: &AccountRequest) -> Result<(), Refusal> {
        match self.bounds.refusal(&request.organizational_unit) {
            None => Ok(()),
            Some(refusal) => {
                let detail = format!("names an account in {}, which {refusal}", request.organizational_unit);
                Err(Refusal::invalid(vec![Problem::at(&["accountId"], detail)]))
            }
        }
    }
}

fn unknown(asked: &AdoptionRequest) -> Refusal {
    Refusal::not_found(format!("there is no account {} in the organization", asked.account_id))
}
