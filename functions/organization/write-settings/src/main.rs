use vending_runtime::{Environment, StartError, aws_config, serve};
use write_settings::{Config, WriteSettings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = Config::from_environment(&Environment::from_process())?;
    serve(WriteSettings::runner(&aws_config().await, config)).await
}
