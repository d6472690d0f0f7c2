//! Runs the same work in several Regions concurrently. A failing Region does not stop the others.

use std::future::Future;

use futures::{StreamExt, stream};
use vending_core::StepError;

/// Enough to be fast, and few enough to avoid throttling.
const CONCURRENT_REGIONS: usize = 6;

/// Runs the work of each Region to its end and returns all results in the given order.
pub async fn in_each_region<T, W>(work: impl Iterator<Item = (String, W)>) -> Result<Vec<(String, T)>, StepError>
where
    W: Future<Output = Result<T, StepError>>,
{
    let (regions, work): (Vec<_>, Vec<_>) = work.unzip();
    let results: Vec<_> = stream::iter(work).buffered(CONCURRENT_REGIONS).collect().await;
    combine(regions.into_iter().zip(results).collect())
}

fn combine<T>(results: Vec<(String, Result<T, StepError>)>) -> Result<Vec<(String, T)>, StepError> {
    let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
    for (region, result) in results {
        match result {
            Ok(value) => succeeded.push((region, value)),
            Err(error) => failed.push((region, error)),
        }
    }
    // A permanent failure decides before a retryable one, because a retry cannot help.
    let errors = failed.iter().map(|(_, error)| error);
    let Some(deciding) = errors.min_by_key(|error| error.code().is_retryable()) else {
        return Ok(succeeded);
    };
    let succeeded = succeeded.iter().map(|(region, _)| region.as_str()).collect::<Vec<_>>();
    Err(StepError::new(deciding.code(), describe(&failed, &succeeded)).with_remedy(deciding.remedy()))
}

fn describe(failed: &[(String, StepError)], succeeded: &[&str]) -> String {
    let causes = failed.iter().map(|(region, error)| format!("failed in {region}: {error}"));
    let causes = causes.collect::<Vec<_>>().join("; ");
    if succeeded.is_empty() {
        format!("{causes}; no Region succeeded")
    } else {
        format!("{causes}; succeeded in {}", succeeded.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use vending_core::ErrorCode;

    use super::*;

    type RegionResult = Result<&'static str, StepError>;

    fn failing(code: ErrorCode, message: &str, remedy: &str) -> RegionResult {
        Err(StepError::new(code, message).with_remedy(remedy))
    }

    async fn run(results: Vec<(&str, RegionResult)>) -> Result<Vec<(String, &'static str)>, StepError> {
        let work = results.into_iter();
        in_each_region(work.map(|(region, result)| (region.to_owned(), ready(result)))).await
    }

    #[tokio::test]
    async fn results_are_in_the_given_order() {
        let results = run(vec![("us-east-1", Ok("records")), ("eu-west-1", Ok("created"))]).await.unwrap();
        assert_eq!(results, [("us-east-1".to_owned(), "records"), ("eu-west-1".to_owned(), "created")]);
    }

    #[tokio::test]
    async fn more_regions_than_the_limit_all_run() {
        let regions: Vec<String> = (0..17).map(|number| format!("region-{number}")).collect();
        let work = regions.iter().map(|region| {
            (region.clone(), async {
                tokio::task::yield_now().await;
                Ok(())
            })
        });
        assert_eq!(in_each_region(work).await.unwrap().len(), 17);
    }

    #[tokio::test]
    async fn one_failing_region_does_not_stop_the_rest() {
        let error = run(vec![
            ("us-east-1", Ok("created")),
            ("eu-west-1", failing(ErrorCode::NotReady, "no", "wait")),
            ("eu-west-3", Ok("created")),
        ]);
        let error = error.await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotReady);
        assert_eq!(error.to_string(), "failed in eu-west-1: no; succeeded in us-east-1, eu-west-3");
    }

    #[tokio::test]
    async fn permanent_failure_decides_code_and_remedy() {
        let error = run(vec![
            ("us-east-1", failing(ErrorCode::Throttled, "slow", "wait")),
            ("eu-west-1", failing(ErrorCode::InvalidConfiguration, "no bucket", "create it")),
        ]);
        let error = error.await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
        assert_eq!(error.remedy(), "create it");
        assert_eq!(error.to_string(), "failed in us-east-1: slow; failed in eu-west-1: no bucket; no Region succeeded");
    }

    #[tokio::test]
    async fn retryable_failures_stay_retryable() {
        let error = run(vec![
            ("us-east-1", failing(ErrorCode::Throttled, "slow", "wait")),
            ("eu-west-1", failing(ErrorCode::NotReady, "no", "wait")),
        ]);
        assert_eq!(error.await.unwrap_err().code(), ErrorCode::Throttled);
    }
}
