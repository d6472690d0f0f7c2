use cfn_account_resource::{CfnAccountResource, Config};
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let environment = Environment::from_process();
    let config = Config::from_environment(&environment)?;
    serve(CfnAccountResource::new(&aws_config().await, &environment, config)?).await
}
