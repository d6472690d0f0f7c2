use harden_ssm::HardenSsm;
use vending_runtime::{BaselineRunner, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(BaselineRunner(HardenSsm::new(&config))).await
}
