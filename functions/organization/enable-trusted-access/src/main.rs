use enable_trusted_access::EnableTrustedAccess;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    serve(EnableTrustedAccess::runner(&aws_config().await, &Environment::from_process())?).await
}
