use enable_regions::EnableRegions;
use vending_runtime::{Environment, StartError, StepRunner, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(StepRunner(EnableRegions::new(&config, &Environment::from_process())?)).await
}
