//! The same work in several regions: some at once, and no bad region stops the others.

use std::future::Future;

use futures::{StreamExt, stream};
use vending_core::StepError;

/// Enough to be quick, too few to be throttled.
const REGIONS_AT_ONCE: usize = 6;

/// Runs each region's work to its end, and answers what came of all of them, in the order given.
pub async fn in_each_region<T, W>(work: impl Iterator<Item = (String, W)>) -> Result<Vec<(String, T)>, StepError>
where
    W: Future<Output = Result<T, StepError>>,
{
    let (regions, work): (Vec<_>, Vec<_>) = work.unzip();
    let results: Vec<_> = stream::iter(work).buffered(REGIONS_AT_ONCE).collect().await;
    combine(regions.into_iter().zip(results).collect())
}

fn combine<T>(results: Vec<(String, Result<T, StepError>)>) -> Result<Vec<(String, T)>, StepError> {
    let (mut fine, mut failed) = (Vec::new(), Vec::new());
    for (region, result) in results {
        match result {
            Ok(done) => fine.push((region, done)),
            Err(error) => failed.push((region, error)),
        }
    }
    // A final failure decides before one that may heal: retrying would not help, its remedy does.
    let errors = failed.iter().map(|(_, error)| error);
    let Some(deciding) = errors.min_by_key(|error| error.code().is_retryable()) else {
        return Ok(fine);
    };
    let fine = fine.iter().map(|(region, _)| region.as_str()).collect::<Vec<_>>();
    Err(StepError::new(deciding.code(), describe(&failed, &fine)).with_remedy(deciding.remedy()))
}

fn describe(failed: &[(String, StepError)], fine: &[&str]) -> String {
    let causes = failed.iter().map(|(region, error)| format!("{region}: {error}"));
    let causes = causes.collect::<Vec<_>>().join("; ");
    if fine.is_empty() {
        format!("{causes}; no region is done")
    } else {
        format!("{causes}; fine: {}", fine.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use vending_core::ErrorCode;

    use super::*;

    type Done = Result<&'static str, StepError>;

    fn failing(code: ErrorCode, message: &str, remedy: &str) -> Done {
        Err(StepError::new(code, message).with_remedy(remedy))
    }

    async fn run(results: Vec<(&str, Done)>) -> Result<Vec<(String, &'static str)>, StepError> {
        let work = results.into_iter();
        in_each_region(work.map(|(region, result)| (region.to_owned(), ready(result)))).await
    }

    #[tokio::test]
    async fn each_region_is_answered_in_the_order_given() {
        let done = run(vec![("us-east-1", Ok("records")), ("eu-west-1", Ok("made"))]).await.unwrap();
        assert_eq!(done, [("us-east-1".to_owned(), "records"), ("eu-west-1".to_owned(), "made")]);
    }

    #[tokio::test]
    async fn more_regions_than_run_at_once_all_run() {
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
    async fn a_bad_region_is_named_beside_the_fine_ones() {
        let error = run(vec![
            ("us-east-1", Ok("made")),
            ("eu-west-1", failing(ErrorCode::NotReady, "no", "wait")),
            ("eu-west-3", Ok("made")),
        ]);
        let error = error.await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotReady);
        assert_eq!(error.to_string(), "eu-west-1: no; fine: us-east-1, eu-west-3");
    }

    #[tokio::test]
    async fn one_final_failure_makes_all_final_and_gives_the_remedy() {
        let error = run(vec![
            ("us-east-1", failing(ErrorCode::Throttled, "slow", "wait")),
            ("eu-west-1", failing(ErrorCode::InvalidConfiguration, "no bucket", "create it")),
        ]);
        let error = error.await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfiguration);
        assert_eq!(error.remedy(), "create it");
        assert_eq!(error.to_string(), "us-east-1: slow; eu-west-1: no bucket; no region is done");
    }

    #[tokio::test]
    async fn failures_that_may_all_heal_are_retried() {
        let error = run(vec![
            ("us-east-1", failing(ErrorCode::Throttled, "slow", "wait")),
            ("eu-west-1", failing(ErrorCode::NotReady, "no", "wait")),
        ]);
        assert_eq!(error.await.unwrap_err().code(), ErrorCode::Throttled);
    }
}
