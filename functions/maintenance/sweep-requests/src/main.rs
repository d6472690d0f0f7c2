use sweep_requests::SweepRequests;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(SweepRequests::new(&config, &Environment::from_process())?).await
}
