use configure_github_oidc::ConfigureGithubOidc;
use vending_records::AccessInput;
use vending_runtime::{BaselineRunner, Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let (config, environment) = (aws_config().await, Environment::from_process());
    let step = ConfigureGithubOidc::new(&config, &environment)?;
    serve(BaselineRunner::new(step, AccessInput::new(&config, &environment)?)).await
}
