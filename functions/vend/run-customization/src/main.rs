use run_customization::RunCustomization;
use vending_runtime::{Environment, StartError, StepRunner, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(StepRunner(RunCustomization::new(&config, &Environment::from_process())?)).await
}
