use harden_ec2::HardenEc2;
use vending_runtime::{BaselineRunner, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(BaselineRunner(HardenEc2::new(&config))).await
}
