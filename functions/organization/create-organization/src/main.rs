use create_organization::CreateOrganization;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    serve(CreateOrganization::runner(&aws_config().await, &Environment::from_process())?).await
}
