use request_quota_increases::RequestQuotaIncreases;
use vending_records::RecordedInput;
use vending_runtime::{BaselineRunner, Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let (config, environment) = (aws_config().await, Environment::from_process());
    let step = RequestQuotaIncreases::new(&config);
    serve(BaselineRunner::new(step, RecordedInput::new(&config, &environment)?)).await
}
