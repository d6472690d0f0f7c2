use accounts_api::{AccountsApi, Config};
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = Config::from_environment(&Environment::from_process())?;
    serve(AccountsApi::new(&aws_config().await, config)).await
}
