use grant_access::GrantAccess;
use vending_runtime::{Environment, StartError, StepRunner, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    let step = GrantAccess::new(&config, &Environment::lambda())?;
    serve(StepRunner(step)).await
}
