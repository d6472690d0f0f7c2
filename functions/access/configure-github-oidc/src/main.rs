use configure_github_oidc::ConfigureGithubOidc;
use vending_runtime::{BaselineRunner, Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    let step = ConfigureGithubOidc::new(&config, &Environment::from_process())?;
    serve(BaselineRunner(step)).await
}
