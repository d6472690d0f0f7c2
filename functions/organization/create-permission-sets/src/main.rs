use create_permission_sets::CreatePermissionSets;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    serve(CreatePermissionSets::runner(&aws_config().await, &Environment::from_process())?).await
}
