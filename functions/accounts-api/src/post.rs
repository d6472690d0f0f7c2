//! `POST /accounts`: asks for an account.

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use vending_core::Requester;
use vending_requests::Asked;

use crate::AccountsApi;
use crate::answer::{Answer, Refusal, accepted};
use crate::body::read_json;
use crate::dry_run::is_dry_run;

impl AccountsApi {
    pub(crate) async fn post(&self, caller: &Requester, event: &ApiGatewayProxyRequest) -> Result<Answer, Refusal> {
        let dry_run = is_dry_run(&event.query_string_parameters)?;
        let request = self.check(&read_json(event)?, Vec::new()).await?;
        if dry_run {
            return self.dry_run(request, caller).await;
        }
        self.answer_asked(self.requests.ask(request, caller).await?).await
    }

    pub(crate) async fn answer_asked(&self, asked: Asked) -> Result<Answer, Refusal> {
        match asked {
            Asked::Accepted(id) => Ok(accepted(&id)?),
            Asked::Vended(record) => Ok(self.show(&record).await?),
            Asked::Refused(why) => Err(Refusal::conflict(why)),
        }
    }
}
