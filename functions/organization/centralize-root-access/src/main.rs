use centralize_root_access::CentralizeRootAccess;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    serve(CentralizeRootAccess::runner(&aws_config().await, &Environment::from_process())?).await
}
