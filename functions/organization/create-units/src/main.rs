use create_units::CreateUnits;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    serve(CreateUnits::runner(&aws_config().await, &Environment::from_process())?).await
}
