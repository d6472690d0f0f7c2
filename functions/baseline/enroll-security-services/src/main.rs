use enroll_security_services::EnrollSecurityServices;
use vending_records::RecordedInput;
use vending_runtime::{BaselineRunner, Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let (config, environment) = (aws_config().await, Environment::from_process());
    let step = EnrollSecurityServices::new(&config, &environment)?;
    serve(BaselineRunner::new(step, RecordedInput::new(&config, &environment)?)).await
}
