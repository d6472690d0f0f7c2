use account_resource::{AccountResource, Config};
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let environment = Environment::lambda();
    let config = Config::from_environment(&environment)?;
    serve(AccountResource::new(&aws_config().await, &environment, config)?).await
}
