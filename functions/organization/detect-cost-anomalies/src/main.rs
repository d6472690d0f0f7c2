use detect_cost_anomalies::DetectCostAnomalies;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    serve(DetectCostAnomalies::runner(&aws_config().await, &Environment::from_process())?).await
}
