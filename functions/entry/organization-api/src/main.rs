use organization_api::{Config, OrganizationApi};
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = Config::from_environment(&Environment::from_process())?;
    serve(OrganizationApi::new(&aws_config().await, config)).await
}
