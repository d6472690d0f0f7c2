use answer_stack::AnswerStack;
use vending_runtime::{Environment, StartError, aws_config, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartError> {
    let config = aws_config().await;
    serve(AnswerStack::new(&config, &Environment::lambda())?).await
}
