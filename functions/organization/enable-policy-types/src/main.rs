use enable_policy_types::EnablePolicyTypes;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    serve(EnablePolicyTypes::runner(&aws_config().await, &Environment::from_process())?).await
}
