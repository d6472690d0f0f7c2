use cfn_response_timeout::CfnResponseTimeout;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(CfnResponseTimeout::new(&config, &Environment::from_process())?).await
}
