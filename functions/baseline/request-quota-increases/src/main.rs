use request_quota_increases::RequestQuotaIncreases;
use vending_runtime::{BaselineRunner, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(BaselineRunner(RequestQuotaIncreases::new(&config))).await
}
