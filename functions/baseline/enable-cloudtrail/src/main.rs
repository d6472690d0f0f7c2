use enable_cloudtrail::EnableCloudtrail;
use vending_runtime::{BaselineRunner, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(BaselineRunner(EnableCloudtrail::new(&config))).await
}
