use grant_access::GrantAccess;
use vending_records::AccessInput;
use vending_runtime::{BaselineRunner, Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let (config, environment) = (aws_config().await, Environment::from_process());
    let step = GrantAccess::new(&config, &environment)?;
    serve(BaselineRunner::new(step, AccessInput::new(&config, &environment)?)).await
}
