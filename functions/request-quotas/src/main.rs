use request_quotas::RequestQuotas;
use vending_runtime::{BaselineRunner, Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    let step = RequestQuotas::new(&config, &Environment::lambda())?;
    serve(BaselineRunner(step)).await
}
